using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Pechat.Pki;

/// <summary>CertID: names a certificate by its issuer's hashes and its serial number (RFC 6960 §4.1.1).</summary>
public sealed class CertId
{
    private static readonly byte[] NullParameters = [0x05, 0x00];

    private CertId(ReadOnlyMemory<byte> encoded, AlgorithmIdentifier hashAlgorithm, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> serial)
    {
        Encoded = encoded;
        HashAlgorithm = hashAlgorithm;
        IssuerNameHash = name;
        IssuerKeyHash = key;
        SerialNumber = serial;
    }

    /// <summary>DER; a response repeats it octet by octet.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>Hash under which the issuer is named.</summary>
    public AlgorithmIdentifier HashAlgorithm { get; }

    /// <summary>Hash of the issuer's name.</summary>
    public ReadOnlyMemory<byte> IssuerNameHash { get; }

    /// <summary>Hash of the issuer's key bits.</summary>
    public ReadOnlyMemory<byte> IssuerKeyHash { get; }

    /// <summary>Contents octets of the serial INTEGER.</summary>
    public ReadOnlyMemory<byte> SerialNumber { get; }

    /// <summary>Serial number in upper-case hex.</summary>
    public string Serial => Convert.ToHexString(SerialNumber.Span);

    /// <summary>Names a certificate.</summary>
    /// <param name="issuer">Its issuer.</param>
    /// <param name="serialNumber">Contents octets of its serial number.</param>
    /// <param name="digest">SHA-1 (default, every responder knows it) or SHA-256.</param>
    public static CertId Create(Certificate issuer, ReadOnlyMemory<byte> serialNumber, DigestAlgorithm? digest = null)
    {
        digest ??= DigestAlgorithm.Sha1;
        var algorithm = new AlgorithmIdentifier(digest.Oid, NullParameters);
        byte[] name = digest.Hash(issuer.Subject.Encoded.Span);
        byte[] key = digest.Hash(issuer.PublicKey.KeyBits.Span);
        byte[] encoded = Der.Encode(writer =>
        {
            using (writer.PushSequence())
            {
                algorithm.Write(writer);
                writer.WriteOctetString(name);
                writer.WriteOctetString(key);
                writer.WriteInteger(serialNumber.Span);
            }
        });
        return new CertId(encoded, algorithm, name, key, serialNumber);
    }

    /// <summary>True when it names a certificate of this issuer, under SHA-1 or SHA-2.</summary>
    /// <param name="issuer">Certificate of the supposed issuer.</param>
    public bool IsIssuedBy(Certificate issuer)
    {
        DigestAlgorithm? digest = HashAlgorithm.Oid == DigestAlgorithm.Sha1.Oid ? DigestAlgorithm.Sha1 : DigestAlgorithm.Find(HashAlgorithm.Oid);
        return digest is not null
            && HashAlgorithm.HasNoParameters
            && CryptographicOperations.FixedTimeEquals(digest.Hash(issuer.Subject.Encoded.Span), IssuerNameHash.Span)
            && CryptographicOperations.FixedTimeEquals(digest.Hash(issuer.PublicKey.KeyBits.Span), IssuerKeyHash.Span);
    }

    /// <exception cref="AsnContentException">The data is not DER or has another shape.</exception>
    internal static CertId Read(AsnReader reader)
    {
        ReadOnlyMemory<byte> encoded = reader.PeekEncodedValue();
        AsnReader sequence = reader.ReadSequence();
        AlgorithmIdentifier algorithm = AlgorithmIdentifier.Read(sequence);
        ReadOnlyMemory<byte> name = Der.Octets(sequence);
        ReadOnlyMemory<byte> key = Der.Octets(sequence);
        ReadOnlyMemory<byte> serial = sequence.ReadIntegerBytes();
        sequence.ThrowIfNotEmpty();
        return new CertId(encoded, algorithm, name, key, serial);
    }
}
