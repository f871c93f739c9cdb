using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>One attribute of a name.</summary>
/// <param name="Oid">Attribute type, dotted; see <see cref="Oids"/>.</param>
/// <param name="Value">Its text.</param>
public sealed record NameAttribute(string Oid, string Value);

/// <summary>Name (RFC 5280 §4.1.2.4). Immutable; compares by its DER, as certificate paths do.</summary>
public sealed class DistinguishedName : IEquatable<DistinguishedName>
{
    private static readonly Dictionary<string, string> ShortNames = new()
    {
        [Oids.CommonName] = "CN", [Oids.Surname] = "SN", [Oids.SerialNumber] = "serialNumber", [Oids.Country] = "C",
        [Oids.Locality] = "L", [Oids.StateOrProvince] = "ST", [Oids.Organization] = "O", [Oids.OrganizationalUnit] = "OU",
        [Oids.GivenName] = "GN", [Oids.Title] = "title", [Oids.OrganizationIdentifier] = "organizationIdentifier",
        [Oids.EmailAddress] = "emailAddress", [Oids.DomainComponent] = "DC", [Oids.Pseudonym] = "pseudonym",
    };

    /// <summary>A name of ours: one attribute per RDN, in the order given, most general first.</summary>
    /// <param name="attributes">Attributes; none has an empty value.</param>
    /// <exception cref="ArgumentException">A value cannot be written in the string type of its attribute.</exception>
    public DistinguishedName(IReadOnlyList<NameAttribute> attributes)
    {
        Attributes = attributes;
        AsnWriter writer = Der.Writer();
        using (writer.PushSequence())
        {
            foreach (NameAttribute attribute in attributes)
                Write(writer, attribute);
        }
        Encoded = writer.Encode();
    }

    private DistinguishedName(IReadOnlyList<NameAttribute> attributes, ReadOnlyMemory<byte> encoded)
    {
        Attributes = attributes;
        Encoded = encoded;
    }

    /// <summary>DER.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>Attributes in order of encoding; an RDN with several contributes each.</summary>
    public IReadOnlyList<NameAttribute> Attributes { get; }

    /// <summary>Reads untrusted DER.</summary>
    /// <param name="der">Name.</param>
    /// <exception cref="AsnContentException">The data is not DER, has another shape, or holds a value that is no text.</exception>
    public static DistinguishedName Parse(ReadOnlyMemory<byte> der)
    {
        AsnReader names = Der.Sequence(der);
        var attributes = new List<NameAttribute>();
        while (names.HasData)
        {
            AsnReader rdn = names.ReadSetOf();
            do
            {
                AsnReader pair = rdn.ReadSequence();
                attributes.Add(new NameAttribute(pair.ReadObjectIdentifier(), ReadText(pair)));
                pair.ThrowIfNotEmpty();
            }
            while (rdn.HasData);
        }
        return new DistinguishedName(attributes, der);
    }

    /// <summary>The first value of an attribute, or null.</summary>
    /// <param name="oid">Attribute type.</param>
    public string? Find(string oid) => Attributes.FirstOrDefault(each => each.Oid == oid)?.Value;

    /// <inheritdoc/>
    public bool Equals(DistinguishedName? other) => other is not null && Encoded.Span.SequenceEqual(other.Encoded.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DistinguishedName);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Encoded.Span);
        return hash.ToHashCode();
    }

    /// <summary>For people, most general attribute last, e.g. <c>CN=Maria Ivanova, C=BG</c>; not an encoding.</summary>
    public override string ToString() =>
        string.Join(", ", Attributes.Reverse().Select(each => $"{ShortNames.GetValueOrDefault(each.Oid, each.Oid)}={each.Value}"));

    private static void Write(AsnWriter writer, NameAttribute attribute)
    {
        if (string.IsNullOrEmpty(attribute.Value))
            throw new ArgumentException($"Attribute {attribute.Oid} has no value.");
        // RFC 5280 appendix A: these types leave no choice of string; for all others UTF8String.
        UniversalTagNumber type = attribute.Oid switch
        {
            Oids.Country or Oids.SerialNumber or Oids.DnQualifier => UniversalTagNumber.PrintableString,
            Oids.EmailAddress or Oids.DomainComponent => UniversalTagNumber.IA5String,
            _ => UniversalTagNumber.UTF8String,
        };
        using (writer.PushSetOf())
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(attribute.Oid);
            try
            {
                writer.WriteCharacterString(type, attribute.Value);
            }
            catch (System.Text.EncoderFallbackException e)
            {
                throw new ArgumentException($"Attribute {attribute.Oid} cannot be written as {type}.", e);
            }
        }
    }

    private static string ReadText(AsnReader reader)
    {
        Asn1Tag tag = reader.PeekTag();
        return tag.TagClass == TagClass.Universal && (UniversalTagNumber)tag.TagValue is UniversalTagNumber.UTF8String
            or UniversalTagNumber.PrintableString or UniversalTagNumber.IA5String or UniversalTagNumber.T61String
            or UniversalTagNumber.BMPString or UniversalTagNumber.NumericString or UniversalTagNumber.VisibleString
            ? reader.ReadCharacterString((UniversalTagNumber)tag.TagValue)
            : throw new AsnContentException("An attribute of a name is no text.");
    }
}
