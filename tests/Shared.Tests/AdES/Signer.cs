using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Pechat.AdES.Pades;
using Pechat.Pki;

namespace Pechat.Shared.Tests.AdES;

/// <summary>A signer with a root of its own, and a time-stamping unit under the same root; made by the base class library, not by ours.</summary>
internal sealed class Signer : IDisposable
{
    internal static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly AsymmetricAlgorithm _key;
    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _stampKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    internal Signer(SignatureAlgorithm? algorithm = null, ECCurve? curve = null)
    {
        Algorithm = algorithm ?? SignatureAlgorithm.EcdsaSha256;
        _key = Algorithm.Scheme == SignatureScheme.Ecdsa ? ECDsa.Create(curve ?? ECCurve.NamedCurves.nistP256) : RSA.Create(2048);
        var root = new CertificateRequest($"CN=Test Root {Guid.NewGuid():N},C=BG", _rootKey, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        root.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        using X509Certificate2 rootCertificate = root.CreateSelfSigned(Now.AddYears(-1), Now.AddYears(9));
        Root = Certificate.Parse(rootCertificate.RawData);
        PublicKey key = _key is RSA rsa ? new PublicKey(rsa) : new PublicKey((ECDsa)_key);
        Certificate = Issue("CN=Ivan Testov,C=BG", key, rootCertificate, X509KeyUsageFlags.NonRepudiation, null);
        StampCertificate = Issue("CN=Test TSU,C=BG", new PublicKey(_stampKey), rootCertificate, X509KeyUsageFlags.DigitalSignature, Oids.KpTimeStamping);
    }

    internal SignatureAlgorithm Algorithm { get; }

    internal Certificate Root { get; }

    internal Certificate Certificate { get; }

    internal Certificate StampCertificate { get; }

    internal PreparedSignature Prepare(ReadOnlyMemory<byte> pdf, PadesOptions? options = null) =>
        PadesSigner.Prepare(pdf, options ?? new PadesOptions { SigningTime = Now }, Certificate, [Root], Algorithm);

    /// <summary>Signs the attributes as a remote key holder would: it sees the digest only.</summary>
    internal byte[] SignDigest(byte[] digest) => Algorithm.Scheme switch
    {
        SignatureScheme.Ecdsa => ((ECDsa)_key).SignHash(digest, DSASignatureFormat.Rfc3279DerSequence),
        SignatureScheme.RsaPss => ((RSA)_key).SignHash(digest, Algorithm.Digest.Name, RSASignaturePadding.Pss),
        _ => ((RSA)_key).SignHash(digest, Algorithm.Digest.Name, RSASignaturePadding.Pkcs1),
    };

    internal byte[] Sign(ReadOnlyMemory<byte> pdf, PadesOptions? options = null)
    {
        PreparedSignature prepared = Prepare(pdf, options);
        return PadesSigner.Complete(prepared, SignDigest(prepared.Digest));
    }

    internal Task<byte[]> StampAsync(byte[] signature, DateTimeOffset? at = null) =>
        StampAsync(MessageImprint.Of(DigestAlgorithm.Sha256, SHA256.HashData(signature)), at);

    /// <summary>The unit as the source that extensions ask.</summary>
    internal async Task<ReadOnlyMemory<byte>> StampAsync(MessageImprint imprint, CancellationToken ct) => await StampAsync(imprint, (DateTimeOffset?)null);

    private async Task<byte[]> StampAsync(MessageImprint imprint, DateTimeOffset? at)
    {
        var info = new TstInfo
        {
            Policy = Oids.PolicyBestPracticeTimestamp,
            Imprint = imprint,
            SerialNumber = new byte[] { 1 },
            GenTime = at ?? Now.AddSeconds(5),
        };
        return await TimestampToken.SignAsync(info, StampCertificate, new MemorySigner(_stampKey), [StampCertificate], default);
    }

    public void Dispose()
    {
        _key.Dispose();
        _rootKey.Dispose();
        _stampKey.Dispose();
    }

    private Certificate Issue(string subject, PublicKey key, X509Certificate2 root, X509KeyUsageFlags usage, string? purpose)
    {
        var request = new CertificateRequest(new X500DistinguishedName(subject), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, true));
        if (purpose is not null)
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], true));
        byte[] serial = [0x01, .. RandomNumberGenerator.GetBytes(7)];
        using X509Certificate2 certificate = request.Create(
            root.SubjectName, X509SignatureGenerator.CreateForECDsa(_rootKey), Now.AddMonths(-1), Now.AddYears(3), serial);
        return Certificate.Parse(certificate.RawData);
    }
}
