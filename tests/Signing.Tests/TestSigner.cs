using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Pechat.Pki;

namespace Pechat.Signing.Tests;

/// <summary>Keys and certificates as the activation module and the CA would hold them, made by the base class library.</summary>
internal sealed class TestSigner : IDisposable
{
    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;

    internal TestSigner(AsymmetricAlgorithm key, DateTimeOffset notBefore, DateTimeOffset notAfter, string? purpose = null)
    {
        Key = key;
        var root = new CertificateRequest("CN=Test Root,C=BG", _rootKey, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _root = root.CreateSelfSigned(notBefore.AddYears(-1), notAfter.AddYears(1));
        PublicKey publicKey = key is RSA rsa ? new PublicKey(rsa) : new PublicKey((ECDsa)key);
        var request = new CertificateRequest(new X500DistinguishedName("CN=Ivan Testov, O=Test, C=BG"), publicKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.NonRepudiation, true));
        if (purpose is not null)
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], true));
        byte[] serial = [0x01, .. RandomNumberGenerator.GetBytes(7)];
        using X509Certificate2 certificate = request.Create(_root.SubjectName, X509SignatureGenerator.CreateForECDsa(_rootKey), notBefore, notAfter, serial);
        Certificate = Certificate.Parse(certificate.RawData);
        Root = Certificate.Parse(_root.RawData);
    }

    internal AsymmetricAlgorithm Key { get; }

    internal Certificate Certificate { get; }

    internal Certificate Root { get; }

    internal byte[] SignDigest(string algorithm, HashAlgorithmName hash, byte[] digest) => Key switch
    {
        ECDsa ec => ec.SignHash(digest, DSASignatureFormat.Rfc3279DerSequence),
        RSA rsa => rsa.SignHash(digest, hash, algorithm == Oids.RsaPss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1),
        _ => throw new NotSupportedException(),
    };

    public void Dispose()
    {
        Key.Dispose();
        _rootKey.Dispose();
        _root.Dispose();
    }
}
