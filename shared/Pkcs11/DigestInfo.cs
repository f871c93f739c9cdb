using System.Security.Cryptography;

namespace Pechat.Pkcs11;

/// <summary>What RSASSA-PKCS1-v1_5 signs: the digest with its algorithm (RFC 8017 §9.2).</summary>
public static class DigestInfo
{
    // RFC 8017 §9.2 note 1: DER of the AlgorithmIdentifier and the header of the OCTET STRING.
    private static readonly byte[] Sha256 = Convert.FromHexString("3031300D060960864801650304020105000420");
    private static readonly byte[] Sha384 = Convert.FromHexString("3041300D060960864801650304020205000430");
    private static readonly byte[] Sha512 = Convert.FromHexString("3051300D060960864801650304020305000440");

    /// <summary>Encodes a digest for <see cref="Mechanism.RsaPkcs1"/>.</summary>
    /// <exception cref="ArgumentException">Another hash than SHA-256, SHA-384 or SHA-512, or a digest of the wrong length.</exception>
    public static byte[] Encode(HashAlgorithmName hash, ReadOnlySpan<byte> digest)
    {
        byte[] prefix = hash.Name switch
        {
            "SHA256" => Sha256,
            "SHA384" => Sha384,
            "SHA512" => Sha512,
            _ => throw new ArgumentException($"no DigestInfo for {hash.Name}", nameof(hash)),
        };
        if (digest.Length != prefix[^1])
            throw new ArgumentException($"a {hash.Name} digest has {prefix[^1]} octets", nameof(digest));
        return [.. prefix, .. digest];
    }
}
