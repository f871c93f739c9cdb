using System.Formats.Asn1;
using System.Globalization;
using Pechat.Pki;

namespace Pechat.AdES.Cades;

/// <summary>The signed attributes of a CAdES baseline signature (EN 319 122-1 §6.3).</summary>
internal static class CadesAttributes
{
    /// <summary>DER SET OF, ready to be signed.</summary>
    /// <param name="contentType">content-type; null in a counter-signature, which has none (§5.2.7).</param>
    /// <param name="messageDigest">Hash of the content, or of the signature that is countersigned.</param>
    /// <param name="certificate">The signer's certificate.</param>
    /// <param name="digest">Hash of the signature; the certificate is bound by the same.</param>
    /// <param name="claims">What the signer says.</param>
    internal static byte[] Signed(string? contentType, ReadOnlyMemory<byte> messageDigest, Certificate certificate, DigestAlgorithm digest, SignatureClaims claims)
    {
        List<CmsAttribute> attributes =
        [
            new(Oids.MessageDigest, Der(writer => writer.WriteOctetString(messageDigest.Span))),
            new(Oids.SigningCertificateV2, SigningCertificate(digest, digest.Hash(certificate.Encoded.Span))),
            new(Oids.SigningTime, SigningTime(claims.SigningTime)),
        ];
        if (contentType is not null)
        {
            attributes.Add(new(Oids.ContentType, Der(writer => writer.WriteObjectIdentifier(contentType))));
            if (claims.MimeType is { } mime) // not used when countersigning
                attributes.Add(new(CadesOids.MimeType, Utf8(mime)));
        }
        if (claims.Commitment is { } commitment)
            attributes.Add(new(CadesOids.CommitmentTypeIndication, CommitmentType(commitment)));
        if (claims.Country is not null || claims.Locality is not null)
            attributes.Add(new(CadesOids.SignerLocation, Location(claims)));
        return Set(attributes);
    }

    /// <summary>DER SET OF attributes; the writer sorts.</summary>
    internal static byte[] Set(IEnumerable<CmsAttribute> attributes) => Der(writer =>
    {
        using (writer.PushSetOf())
        {
            foreach (CmsAttribute attribute in attributes)
                writer.WriteEncodedValue(Encode(attribute));
        }
    });

    /// <summary>An attribute; the order of values stays.</summary>
    internal static byte[] Encode(CmsAttribute attribute) =>
        Tlv.Wrap(Tlv.Sequence, Der(writer => writer.WriteObjectIdentifier(attribute.Oid)), Tlv.Wrap(Tlv.Set, attribute.Values));

    /// <summary>signing-certificate-v2 with one entry; SHA-256 is the default and left out, issuerSerial should be (§5.2.2.3).</summary>
    internal static byte[] SigningCertificate(DigestAlgorithm digest, byte[] hash) => Der(writer =>
    {
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        {
            if (digest != DigestAlgorithm.Sha256)
                writer.WriteEncodedValue(Identifier(digest));
            writer.WriteOctetString(hash);
        }
    });

    /// <summary>UTCTime through 2049, GeneralizedTime from 2050 (RFC 5652 §11.3).</summary>
    internal static byte[] SigningTime(DateTimeOffset time) => Der(writer =>
    {
        DateTimeOffset utc = time.ToUniversalTime();
        if (utc.Year is >= 1950 and < 2050)
            writer.WriteUtcTime(utc, 2049);
        else
            writer.WriteGeneralizedTime(utc, omitFractionalSeconds: true);
    });

    /// <summary>AlgorithmIdentifier with absent parameters (RFC 5754 §2).</summary>
    internal static byte[] Identifier(DigestAlgorithm digest) => Der(writer =>
    {
        using (writer.PushSequence())
            writer.WriteObjectIdentifier(digest.Oid);
    });

    internal static byte[] Der(Action<AsnWriter> write)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        write(writer);
        return writer.Encode();
    }

    private static byte[] Utf8(string text) => Der(writer => writer.WriteCharacterString(UniversalTagNumber.UTF8String, text));

    private static byte[] CommitmentType(Commitment commitment) => Der(writer =>
    {
        using (writer.PushSequence())
            writer.WriteObjectIdentifier(string.Create(CultureInfo.InvariantCulture, $"{CadesOids.CommitmentType}.{(int)commitment}"));
    });

    /// <summary>SignerLocation: all tags are explicit, because DirectoryString is a choice (§5.2.5).</summary>
    private static byte[] Location(SignatureClaims claims) => Der(writer =>
    {
        using (writer.PushSequence())
        {
            foreach ((int tag, string? text) in (ReadOnlySpan<(int, string?)>)[(0, claims.Country), (1, claims.Locality)])
            {
                if (text is null)
                    continue;
                using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, tag)))
                    writer.WriteCharacterString(UniversalTagNumber.UTF8String, text);
            }
        }
    });
}
