using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>
/// The signed attributes of a SignerInfo (RFC 5652 §5.3, EN 319 122-1). <see cref="ToBeSigned"/> is what a key holder
/// signs; it is fixed once, may be stored between two phases, and goes into the SignerInfo unchanged.
/// </summary>
public sealed class SignedAttributes
{
    private const byte SetOf = 0x31;
    private const byte ContextZero = 0xA0;

    private SignedAttributes(ReadOnlyMemory<byte> toBeSigned, IReadOnlyList<CmsAttribute> attributes)
    {
        ToBeSigned = toBeSigned;
        Attributes = attributes;
        ContentType = Value(Oids.ContentType, reader => reader.ReadObjectIdentifier())
            ?? throw new AsnContentException("The content-type attribute is missing.");
        MessageDigest = Value(Oids.MessageDigest, reader => (ReadOnlyMemory<byte>?)Der.Octets(reader))
            ?? throw new AsnContentException("The message-digest attribute is missing.");
        SigningTime = Value(Oids.SigningTime, reader => (DateTimeOffset?)Der.ReadTime(reader));
        SigningCertificate = Value(Oids.SigningCertificateV2, EssCertId.ReadFirst);
    }

    /// <summary>DER with the universal SET OF tag: the octets that are hashed and signed (RFC 5652 §5.4).</summary>
    public ReadOnlyMemory<byte> ToBeSigned { get; }

    /// <summary>All attributes in order of encoding.</summary>
    public IReadOnlyList<CmsAttribute> Attributes { get; }

    /// <summary>content-type, dotted.</summary>
    public string ContentType { get; }

    /// <summary>message-digest.</summary>
    public ReadOnlyMemory<byte> MessageDigest { get; }

    /// <summary>signing-time as claimed; null when absent.</summary>
    public DateTimeOffset? SigningTime { get; }

    /// <summary>First entry of signing-certificate-v2; null when the attribute is absent.</summary>
    public EssCertId? SigningCertificate { get; }

    /// <summary>The attributes of a baseline signature (EN 319 122-1 §6.3).</summary>
    /// <param name="contentType">Type of the content, e.g. <see cref="Oids.Data"/>.</param>
    /// <param name="contentDigest">Hash of the content octets.</param>
    /// <param name="certificate">The signer's certificate, bound by its SHA-256.</param>
    /// <param name="signingTime">Claimed time; null leaves the attribute out, as PAdES asks (the time stands in /M).</param>
    /// <param name="further">Other signed attributes.</param>
    public static SignedAttributes Create(
        string contentType, ReadOnlyMemory<byte> contentDigest, Certificate certificate, DateTimeOffset? signingTime = null, params IReadOnlyList<CmsAttribute> further)
    {
        List<CmsAttribute> attributes =
        [
            new(Oids.ContentType, Der.Encode(writer => writer.WriteObjectIdentifier(contentType))),
            new(Oids.MessageDigest, Der.Encode(writer => writer.WriteOctetString(contentDigest.Span))),
            new(Oids.SigningCertificateV2, EssCertId.EncodeAttribute(certificate)),
            .. further,
        ];
        if (signingTime is { } time)
            attributes.Add(new CmsAttribute(Oids.SigningTime, Der.Encode(writer => Der.WriteTime(writer, time))));
        AsnWriter writer = Der.Writer();
        using (writer.PushSetOf()) // DER sorts the elements
        {
            foreach (CmsAttribute attribute in attributes)
                attribute.Write(writer);
        }
        return Parse(writer.Encode());
    }

    /// <summary>Reads the SET OF, for example when a signature comes back to attributes that were stored.</summary>
    /// <param name="toBeSigned">DER with the universal SET OF tag.</param>
    /// <exception cref="AsnContentException">The data is not DER, has another shape, repeats an attribute, or lacks a mandatory one.</exception>
    public static SignedAttributes Parse(ReadOnlyMemory<byte> toBeSigned)
    {
        AsnReader outer = Der.CmsReader(toBeSigned);
        List<CmsAttribute> attributes = CmsAttribute.ReadAll(outer.ReadSetOf());
        outer.ThrowIfNotEmpty();
        if (attributes.DistinctBy(each => each.Oid).Count() != attributes.Count)
            throw new AsnContentException("A signed attribute occurs twice.");
        return new SignedAttributes(toBeSigned, attributes);
    }

    /// <summary>The attribute with this OID, or null.</summary>
    /// <param name="oid">Dotted OID.</param>
    public CmsAttribute? Find(string oid) => Attributes.FirstOrDefault(each => each.Oid == oid);

    /// <summary>The digest that a remote key holder signs.</summary>
    /// <param name="digest">Hash of the signature algorithm.</param>
    public byte[] Digest(DigestAlgorithm digest) => digest.Hash(ToBeSigned.Span);

    internal static SignedAttributes ReadImplicit(AsnReader signerInfo)
    {
        byte[] bytes = signerInfo.ReadEncodedValue().ToArray();
        bytes[0] = SetOf; // RFC 5652 §5.4: hashed with SET OF, stored with [0]
        return Parse(bytes);
    }

    internal void WriteImplicit(AsnWriter writer)
    {
        byte[] bytes = ToBeSigned.ToArray();
        bytes[0] = ContextZero;
        writer.WriteEncodedValue(bytes);
    }

    private T? Value<T>(string oid, Func<AsnReader, T> read)
    {
        if (Find(oid) is not { } attribute)
            return default;
        if (attribute.Values.Count != 1)
            throw new AsnContentException("A signed attribute must have one value.");
        AsnReader reader = Der.Reader(attribute.Values[0]);
        T result = read(reader);
        reader.ThrowIfNotEmpty();
        return result;
    }
}
