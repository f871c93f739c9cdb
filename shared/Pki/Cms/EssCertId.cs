using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Pechat.Pki;

/// <summary>ESSCertIDv2 (RFC 5035 §4): binds a signature to one certificate by its hash.</summary>
/// <param name="HashAlgorithm">Digest algorithm, dotted.</param>
/// <param name="Hash">Hash of the whole certificate.</param>
public sealed record EssCertId(string HashAlgorithm, ReadOnlyMemory<byte> Hash)
{
    /// <summary>True when it is this certificate, under a hash that we accept.</summary>
    /// <param name="certificate">Certificate.</param>
    public bool Matches(Certificate certificate) =>
        DigestAlgorithm.Find(HashAlgorithm) is { } digest
        && CryptographicOperations.FixedTimeEquals(digest.Hash(certificate.Encoded.Span), Hash.Span);

    /// <summary>SigningCertificateV2 with one SHA-256 entry; the default algorithm is omitted as DER asks, issuerSerial as EN 319 122-1 does.</summary>
    internal static byte[] EncodeAttribute(Certificate certificate) => Der.Encode(writer =>
    {
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
            writer.WriteOctetString(SHA256.HashData(certificate.Encoded.Span));
    });

    /// <exception cref="AsnContentException">The data is not DER or has another shape.</exception>
    internal static EssCertId ReadFirst(AsnReader reader)
    {
        AsnReader signingCertificate = reader.ReadSequence();
        AsnReader certs = signingCertificate.ReadSequence();
        EssCertId first = Read(certs); // RFC 5035 §4: the first entry is the signer's
        while (certs.HasData)
            Read(certs);
        if (signingCertificate.HasData)
            signingCertificate.ReadSequence(); // policies
        signingCertificate.ThrowIfNotEmpty();
        return first;
    }

    private static EssCertId Read(AsnReader reader)
    {
        AsnReader sequence = reader.ReadSequence();
        // An explicit SHA-256 is not DER, but common among others' signatures: accepted on reading.
        string algorithm = Der.NextIs(sequence, UniversalTagNumber.Sequence) ? AlgorithmIdentifier.Read(sequence).Oid : DigestAlgorithm.Sha256.Oid;
        ReadOnlyMemory<byte> hash = Der.Octets(sequence);
        if (sequence.HasData)
            sequence.ReadSequence(); // issuerSerial
        sequence.ThrowIfNotEmpty();
        return new EssCertId(algorithm, hash);
    }
}
