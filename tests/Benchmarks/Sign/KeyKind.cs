using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Pechat.Pkcs11;

namespace Pechat.Benchmarks.Sign;

/// <summary>A kind of user key that is measured, as the public door and as the token name it.</summary>
/// <param name="Name">In the report and on the command line.</param>
/// <param name="Requested">As Registration takes it.</param>
/// <param name="SignAlgorithm">OID that CSC takes, with SHA-256.</param>
/// <param name="Algorithm">As the token generates it.</param>
/// <param name="Mechanism">As the token signs with it.</param>
internal sealed record KeyKind(string Name, string Requested, string SignAlgorithm, KeyPairAlgorithm Algorithm, Mechanism Mechanism)
{
    private const string EcdsaSha256 = "1.2.840.10045.4.3.2", RsaSha256 = "1.2.840.113549.1.1.11";

    internal static readonly KeyKind[] All =
    [
        new("p256", "P-256", EcdsaSha256, KeyPairAlgorithm.P256, Mechanism.Ecdsa),
        new("rsa2048", "RSA-2048", RsaSha256, KeyPairAlgorithm.Rsa2048, Mechanism.RsaPkcs1),
        new("rsa3072", "RSA-3072", RsaSha256, KeyPairAlgorithm.Rsa3072, Mechanism.RsaPkcs1),
    ];

    /// <summary>What <c>C_Sign</c> takes for a digest.</summary>
    internal byte[] TokenInput(byte[] digest) => Mechanism == Mechanism.Ecdsa ? digest : DigestInfo.Encode(HashAlgorithmName.SHA256, digest);

    /// <summary>Judges a signature by the framework alone.</summary>
    internal static bool Verifies(X509Certificate2 certificate, byte[] digest, byte[] signature)
    {
        using ECDsa? curve = certificate.GetECDsaPublicKey();
        using RSA? rsa = certificate.GetRSAPublicKey();
        return curve?.VerifyHash(digest, signature, DSASignatureFormat.Rfc3279DerSequence)
            ?? rsa!.VerifyHash(digest, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }
}

/// <summary>What one round of the benchmark asks for.</summary>
/// <param name="Kind">The key.</param>
/// <param name="Digests">Digests in each request.</param>
internal sealed record SignCase(KeyKind Kind, int Digests)
{
    internal static readonly SignCase[] All = [.. KeyKind.All.SelectMany(kind => new[] { new SignCase(kind, 1), new SignCase(kind, 100) })];

    /// <summary>Key of the report: <c>rsa2048/100</c>.</summary>
    internal string Name => $"{Kind.Name}/{Digests}";
}
