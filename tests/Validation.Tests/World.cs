using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Hosting;
using Pechat.AdES.Pades;
using Pechat.Pki;
using Pechat.Testing;

namespace Pechat.Validation.Tests;

/// <summary>A provider of its own: root, issuing CA, time-stamping unit, and a server for OCSP and CRLs.</summary>
internal sealed class World : IAsyncDisposable
{
    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _stampKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _signerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly Dictionary<string, (DateTimeOffset At, RevocationReason Reason)> _revoked = [];
    private readonly int _port = FreePort.Take();
    private WebApplication _server = null!;

    internal DateTimeOffset Now { get; } = DateTimeOffset.UtcNow;

    internal string RevocationHost => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");

    internal Certificate Root { get; private set; } = null!;

    internal Certificate Authority { get; private set; } = null!;

    internal Certificate Unit { get; private set; } = null!;

    /// <summary>Requests that came to the server.</summary>
    internal int Requests { get; private set; }

    internal static async Task<World> CreateAsync()
    {
        var world = new World();
        world.Root = await world.IssueAsync("Root", world._rootKey, null, world._rootKey, isAuthority: true);
        world.Authority = await world.IssueAsync("Issuing CA", world._caKey, world.Root, world._rootKey, isAuthority: true);
        world.Unit = await world.IssueAsync("TSU", world._stampKey, world.Authority, world._caKey, CertificateExtensions.ExtendedKeyUsage(true, Oids.KpTimeStamping));
        await world.ServeAsync();
        return world;
    }

    /// <summary>A signer's certificate; the key is always the same.</summary>
    internal ValueTask<Certificate> SignerAsync(DateTimeOffset? notBefore = null, DateTimeOffset? notAfter = null, string? host = null) =>
        IssueAsync("Ivan Testov", _signerKey, Authority, _caKey, null, notBefore, notAfter, host: host);

    internal void Revoke(Certificate certificate, DateTimeOffset at, RevocationReason reason = RevocationReason.KeyCompromise) => _revoked[certificate.Serial] = (at, reason);

    internal void Restore(Certificate certificate) => _revoked.Remove(certificate.Serial);

    /// <summary>Signs a document; with a time, at level B-T.</summary>
    internal async Task<byte[]> SignAsync(byte[] pdf, Certificate certificate, DateTimeOffset? stampedAt = null)
    {
        var options = new PadesOptions { SigningTime = stampedAt ?? Now.AddMinutes(-1), TimestampReserve = PadesOptions.UsualTimestamp };
        PreparedSignature prepared = PadesSigner.Prepare(pdf, options, certificate, [Authority], SignatureAlgorithm.EcdsaSha256);
        byte[] signature = _signerKey.SignHash(prepared.Digest, DSASignatureFormat.Rfc3279DerSequence);
        byte[]? token = stampedAt is { } time ? await StampAsync(signature, time) : null;
        return PadesSigner.Complete(prepared, signature, token is null ? null : (ReadOnlyMemory<byte>?)token);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        foreach (ECDsa key in new[] { _rootKey, _caKey, _stampKey, _signerKey })
            key.Dispose();
    }

    private async Task<byte[]> StampAsync(byte[] signature, DateTimeOffset time)
    {
        var info = new TstInfo
        {
            Policy = Oids.PolicyBestPracticeTimestamp,
            Imprint = MessageImprint.Of(DigestAlgorithm.Sha256, SHA256.HashData(signature)),
            SerialNumber = new byte[] { 1 },
            GenTime = time,
        };
        return await TimestampToken.SignAsync(info, Unit, new MemorySigner(_stampKey), [Unit], default);
    }

    private async ValueTask<Certificate> IssueAsync(
        string name, ECDsa key, Certificate? issuer, ECDsa issuerKey, Extension? purpose = null, DateTimeOffset? notBefore = null, DateTimeOffset? notAfter = null,
        bool isAuthority = false, string? host = null)
    {
        var subject = new DistinguishedName([new(Oids.Country, "BG"), new(Oids.CommonName, name)]);
        string server = "http://" + (host ?? RevocationHost);
        List<Extension> extensions =
        [
            CertificateExtensions.KeyUsage(isAuthority ? KeyUsages.KeyCertSign | KeyUsages.CrlSign : KeyUsages.NonRepudiation),
            CertificateExtensions.SubjectKeyIdentifier(SubjectPublicKey.FromTrusted(key)),
        ];
        if (isAuthority)
            extensions.Add(CertificateExtensions.CertificateAuthority());
        if (purpose is not null)
            extensions.Add(purpose);
        if (issuer is not null)
            extensions.Add(isAuthority ? CertificateExtensions.CrlDistributionPoint(server + "/root.crl") : CertificateExtensions.AuthorityInfoAccess(null, server + "/ocsp"));
        var tbs = new TbsCertificate
        {
            SerialNumber = TbsCertificate.NewSerial(),
            Algorithm = SignatureAlgorithm.EcdsaSha256,
            Issuer = issuer?.Subject ?? subject,
            NotBefore = notBefore ?? Now.AddYears(-1),
            NotAfter = notAfter ?? Now.AddYears(2),
            Subject = subject,
            PublicKey = SubjectPublicKey.FromTrusted(key),
            Extensions = extensions,
        };
        return Certificate.Parse(await SignedObject.SignAsync(tbs.Encode(), new MemorySigner(issuerKey), default));
    }

    private async Task ServeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://" + RevocationHost);
        _server = builder.Build();
        _server.MapPost("/ocsp", async (HttpContext context) =>
        {
            Requests++;
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            SingleResponse[] answers = [.. OcspRequest.Parse(body.ToArray()).Certificates.Select(Answer)];
            byte[] response = await BasicOcspResponse.SignAsync(answers, Now, null, Authority, new MemorySigner(_caKey), default);
            await context.Response.Body.WriteAsync(response);
        });
        _server.MapGet("/root.crl", async (HttpContext context) =>
        {
            var list = new TbsCertificateList
            {
                Algorithm = SignatureAlgorithm.EcdsaSha256, Issuer = Root, ThisUpdate = Now.AddHours(-1), NextUpdate = Now.AddDays(30), Number = 1,
                Revoked = [.. _revoked.Where(each => each.Key == Authority.Serial).Select(each => new RevokedCertificate(Authority.SerialNumber, each.Value.At, each.Value.Reason))],
            };
            await context.Response.Body.WriteAsync(await SignedObject.SignAsync(list.Encode(), new MemorySigner(_rootKey), default));
        });
        await _server.StartAsync();
    }

    private SingleResponse Answer(CertId certificate) => _revoked.TryGetValue(certificate.Serial, out (DateTimeOffset At, RevocationReason Reason) entry)
        ? new SingleResponse { Certificate = certificate, Status = OcspCertificateStatus.Revoked, RevokedAt = entry.At, Reason = entry.Reason, ThisUpdate = Now, NextUpdate = Now.AddHours(1) }
        : new SingleResponse { Certificate = certificate, Status = OcspCertificateStatus.Good, ThisUpdate = Now, NextUpdate = Now.AddHours(1) };
}
