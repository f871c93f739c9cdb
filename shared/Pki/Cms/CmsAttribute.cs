using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>Attribute of a SignerInfo (RFC 5652 §5.3).</summary>
/// <param name="Oid">Attribute type, dotted.</param>
/// <param name="Values">DER of each value, at least one.</param>
public sealed record CmsAttribute(string Oid, IReadOnlyList<ReadOnlyMemory<byte>> Values)
{
    /// <summary>An attribute with one value.</summary>
    /// <param name="oid">Attribute type.</param>
    /// <param name="value">DER of the value.</param>
    public CmsAttribute(string oid, ReadOnlyMemory<byte> value)
        : this(oid, [value])
    {
    }

    internal static CmsAttribute Read(AsnReader reader)
    {
        AsnReader sequence = reader.ReadSequence();
        string oid = sequence.ReadObjectIdentifier();
        AsnReader set = sequence.ReadSetOf();
        var values = new List<ReadOnlyMemory<byte>>();
        do
            values.Add(set.ReadEncodedValue());
        while (set.HasData);
        sequence.ThrowIfNotEmpty();
        return new CmsAttribute(oid, values);
    }

    internal static List<CmsAttribute> ReadAll(AsnReader set)
    {
        var result = new List<CmsAttribute>();
        do
            result.Add(Read(set));
        while (set.HasData);
        return result;
    }

    internal void Write(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Oid);
            using (writer.PushSetOf())
            {
                foreach (ReadOnlyMemory<byte> value in Values)
                    writer.WriteEncodedValue(value.Span);
            }
        }
    }
}
