using System.Formats.Asn1;
using Pechat.Pki;

namespace Pechat.AdES.Cades;

/// <summary>SignerInfo as raw parts, each with tag and length as stored (RFC 5652 §5.3).</summary>
internal sealed record CmsSigner
{
    internal required ReadOnlyMemory<byte> Version { get; init; }

    internal required ReadOnlyMemory<byte> SignerId { get; init; }

    internal required ReadOnlyMemory<byte> DigestAlgorithm { get; init; }

    /// <summary>With the tag [0], or empty when there are none.</summary>
    internal required ReadOnlyMemory<byte> SignedAttributes { get; init; }

    internal required ReadOnlyMemory<byte> SignatureAlgorithm { get; init; }

    internal required ReadOnlyMemory<byte> Signature { get; init; }

    /// <summary>Unsigned attributes in order of encoding.</summary>
    internal IReadOnlyList<ReadOnlyMemory<byte>> UnsignedAttributes { get; init; } = [];

    /// <summary>Contents octets of the signature: what a signature time stamp covers.</summary>
    internal byte[] SignatureValue => new AsnReader(Signature, AsnEncodingRules.BER).ReadOctetString();

    /// <summary>Type and values of the unsigned attributes.</summary>
    internal IEnumerable<CmsAttribute> Unsigned => UnsignedAttributes.Select(ReadAttribute);

    internal static CmsSigner Create(PendingSignature pending, ReadOnlyMemory<byte> signature)
    {
        byte[] signed = pending.ToBeSigned.ToArray();
        signed[0] = Tlv.Context0; // RFC 5652 §5.4: hashed with SET OF, stored with [0]
        Certificate certificate = pending.Certificate;
        return new CmsSigner
        {
            Version = Tlv.Wrap(Tlv.Integer, new byte[] { 1 }),
            SignerId = Tlv.Wrap(Tlv.Sequence, certificate.Issuer.Encoded, Tlv.Wrap(Tlv.Integer, certificate.SerialNumber)),
            DigestAlgorithm = CadesAttributes.Identifier(pending.Algorithm.Digest),
            SignedAttributes = signed,
            SignatureAlgorithm = Encode(pending.Algorithm.Identifier),
            Signature = Tlv.Wrap(Tlv.OctetString, signature),
        };
    }

    /// <exception cref="AsnContentException">The data has another shape.</exception>
    internal static CmsSigner Parse(ReadOnlyMemory<byte> encoded)
    {
        AsnReader reader = new AsnReader(encoded, AsnEncodingRules.BER).ReadSequence();
        var signer = new CmsSigner
        {
            Version = reader.ReadEncodedValue(),
            SignerId = reader.ReadEncodedValue(),
            DigestAlgorithm = reader.ReadEncodedValue(),
            SignedAttributes = NextIs(reader, 0) ? reader.ReadEncodedValue() : default,
            SignatureAlgorithm = reader.ReadEncodedValue(),
            Signature = reader.ReadEncodedValue(),
            UnsignedAttributes = NextIs(reader, 1) ? ReadElements(reader.ReadSetOf(new Asn1Tag(TagClass.ContextSpecific, 1))) : [],
        };
        reader.ThrowIfNotEmpty();
        _ = (signer.SignatureValue, signer.Unsigned.Count()); // what is malformed is refused here and nowhere later
        return signer;
    }

    internal byte[] Encode() => Tlv.Wrap(Tlv.Sequence,
        Version, SignerId, DigestAlgorithm, SignedAttributes, SignatureAlgorithm, Signature,
        UnsignedAttributes.Count == 0 ? default : Tlv.Wrap(Tlv.Context1, UnsignedAttributes));

    /// <summary>The same with one more unsigned attribute of its own.</summary>
    internal CmsSigner WithUnsigned(string oid, ReadOnlyMemory<byte> value) =>
        this with { UnsignedAttributes = UnsignedAttributes.With(CadesAttributes.Encode(new CmsAttribute(oid, value))) };

    internal static List<ReadOnlyMemory<byte>> ReadElements(AsnReader set)
    {
        var elements = new List<ReadOnlyMemory<byte>>();
        while (set.HasData)
            elements.Add(set.ReadEncodedValue());
        return elements;
    }

    internal static bool NextIs(AsnReader reader, int context) =>
        reader.HasData && reader.PeekTag().HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, context));

    private static CmsAttribute ReadAttribute(ReadOnlyMemory<byte> encoded)
    {
        AsnReader reader = new AsnReader(encoded, AsnEncodingRules.BER).ReadSequence();
        string oid = reader.ReadObjectIdentifier();
        List<ReadOnlyMemory<byte>> values = ReadElements(reader.ReadSetOf());
        reader.ThrowIfNotEmpty();
        return new CmsAttribute(oid, values);
    }

    private static byte[] Encode(AlgorithmIdentifier identifier)
    {
        var oid = new AsnWriter(AsnEncodingRules.DER);
        oid.WriteObjectIdentifier(identifier.Oid);
        return Tlv.Wrap(Tlv.Sequence, oid.Encode(), identifier.Parameters);
    }
}
