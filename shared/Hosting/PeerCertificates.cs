using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Pechat.Hosting;

/// <summary>The service's certificate and the internal CA, read again when the files change. Thread-safe.</summary>
internal sealed partial class PeerCertificates(HostingOptions options, TimeProvider clock, ILogger<PeerCertificates> logger)
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private Material? _material;
    private long _lookedAt;

    /// <summary>What this service shows to its peers, as client and as server.</summary>
    internal X509Certificate2 Own => Current().Own;

    /// <summary>The SSL settings of a connection to <paramref name="service"/>; its name is taken from the URI, not from DNS.</summary>
    internal SslClientAuthenticationOptions ClientOptions(string service) => new()
    {
        LocalCertificateSelectionCallback = (_, _, _, _, _) => Own,
        RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            certificate is X509Certificate2 leaf && Trusts(leaf, ServerAuthentication) && PeerName.From(leaf) == service,
    };

    /// <summary>Whether a client certificate is of the internal CA, in time, fit for clients and names a peer.</summary>
    internal bool TrustsClient(X509Certificate2 certificate) => Trusts(certificate, ClientAuthentication) && PeerName.From(certificate) is not null;

    private bool Trusts(X509Certificate2 certificate, string purpose)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(Current().Authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // internal certificates live for days and are replaced, not revoked
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(purpose));
        chain.ChainPolicy.VerificationTime = clock.GetUtcNow().UtcDateTime;
        bool trusted = chain.Build(certificate);
        if (!trusted)
            Untrusted(logger, certificate.Subject, string.Join(", ", chain.ChainStatus.Select(s => s.Status)));
        return trusted;
    }

    private Material Current()
    {
        lock (_gate)
        {
            if (_material is not null && clock.GetElapsedTime(_lookedAt) < LookAgainAfter)
                return _material;
            _lookedAt = clock.GetTimestamp();
            DateTime stamp = new[] { options.CertificateFile!, options.KeyFile!, options.AuthorityFile! }.Max(File.GetLastWriteTimeUtc);
            if (_material?.Stamp == stamp)
                return _material;
            try
            {
                _material = Load(stamp); // the old certificate is not disposed: handshakes under way still use it
            }
            catch (Exception e) when (_material is not null && e is IOException or CryptographicException)
            {
                NotReadable(logger, e); // half-written files are read again a second later; until then the old ones serve
                return _material!;
            }
            Loaded(logger, _material.Own.Subject, _material.Own.NotAfter.ToUniversalTime());
            return _material;
        }
    }

    private Material Load(DateTime stamp)
    {
        var authority = new X509Certificate2Collection();
        authority.ImportFromPemFile(options.AuthorityFile!);
        return new(stamp, X509Certificate2.CreateFromPemFile(options.CertificateFile!, options.KeyFile!), authority);
    }

    private sealed record Material(DateTime Stamp, X509Certificate2 Own, X509Certificate2Collection Authority);

    [LoggerMessage(101, LogLevel.Information, "Uses the internal certificate {Subject} until {NotAfter}")]
    private static partial void Loaded(ILogger logger, string subject, DateTime notAfter);

    [LoggerMessage(102, LogLevel.Warning, "The internal certificate files cannot be read; the ones read before stay in use")]
    private static partial void NotReadable(ILogger logger, Exception exception);

    [LoggerMessage(103, LogLevel.Information, "Refused the internal certificate {Subject}: {Why}")]
    private static partial void Untrusted(ILogger logger, string subject, string why);
}
