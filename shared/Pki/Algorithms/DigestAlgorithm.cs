using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Pechat.Pki;

/// <summary>The hash functions we compute (TS 119 312), as a typed table.</summary>
public sealed class DigestAlgorithm
{
    private static readonly byte[] NullParameters = [0x05, 0x00];

    private DigestAlgorithm(string oid, HashAlgorithmName name, int length, string displayName)
    {
        Oid = oid;
        Name = name;
        Length = length;
        DisplayName = displayName;
    }

    /// <summary>SHA-1: only as an identifier (OCSP CertID, key identifiers), never under a signature.</summary>
    public static DigestAlgorithm Sha1 { get; } = new("1.3.14.3.2.26", HashAlgorithmName.SHA1, 20, "SHA-1");

    /// <summary>SHA-256.</summary>
    public static DigestAlgorithm Sha256 { get; } = new("2.16.840.1.101.3.4.2.1", HashAlgorithmName.SHA256, 32, "SHA-256");

    /// <summary>SHA-384.</summary>
    public static DigestAlgorithm Sha384 { get; } = new("2.16.840.1.101.3.4.2.2", HashAlgorithmName.SHA384, 48, "SHA-384");

    /// <summary>SHA-512.</summary>
    public static DigestAlgorithm Sha512 { get; } = new("2.16.840.1.101.3.4.2.3", HashAlgorithmName.SHA512, 64, "SHA-512");

    /// <summary>All that may stand under a signature.</summary>
    public static IReadOnlyList<DigestAlgorithm> All { get; } = [Sha256, Sha384, Sha512];

    /// <summary>Dotted OID.</summary>
    public string Oid { get; }

    /// <summary>Name in the base class library.</summary>
    public HashAlgorithmName Name { get; }

    /// <summary>Length of a digest in bytes.</summary>
    public int Length { get; }

    /// <summary>Name for people, e.g. <c>SHA-256</c>.</summary>
    public string DisplayName { get; }

    /// <summary>The SHA-2 function with this OID; null for every other, SHA-1 included.</summary>
    /// <param name="oid">Dotted OID.</param>
    public static DigestAlgorithm? Find(string oid) => All.FirstOrDefault(each => each.Oid == oid);

    /// <summary>Hashes in one go.</summary>
    /// <param name="data">What to hash.</param>
    public byte[] Hash(ReadOnlySpan<byte> data) => CryptographicOperations.HashData(Name, data);

    /// <summary>DigestInfo of PKCS#1 (RFC 8017 §9.2), which CKM_RSA_PKCS signs.</summary>
    /// <param name="digest">A digest of <see cref="Length"/> bytes.</param>
    public byte[] DigestInfo(ReadOnlySpan<byte> digest)
    {
        if (digest.Length != Length)
            throw new ArgumentException($"A {DisplayName} digest has {Length} bytes.", nameof(digest));
        AsnWriter writer = Der.Writer();
        using (writer.PushSequence())
        {
            new AlgorithmIdentifier(Oid, NullParameters).Write(writer);
            writer.WriteOctetString(digest);
        }
        return writer.Encode();
    }

    /// <inheritdoc/>
    public override string ToString() => DisplayName;

    /// <summary>Writes the AlgorithmIdentifier with absent parameters (RFC 5754 §2).</summary>
    internal void Write(AsnWriter writer) => new AlgorithmIdentifier(Oid, default).Write(writer);
}
