using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>Extension of a certificate, CRL, OCSP message or time stamp (RFC 5280 §4.2).</summary>
/// <param name="Oid">Which extension, dotted.</param>
/// <param name="Critical">Whether a reader that does not know it must refuse.</param>
/// <param name="Value">DER inside the extnValue OCTET STRING.</param>
public sealed record Extension(string Oid, bool Critical, ReadOnlyMemory<byte> Value)
{
    /// <exception cref="AsnContentException">The data is not DER, has another shape, names one extension twice or none at all.</exception>
    internal static IReadOnlyList<Extension> ReadList(AsnReader reader, Asn1Tag? tag = null)
    {
        AsnReader sequence = reader.ReadSequence(tag);
        var result = new List<Extension>();
        do
        {
            Extension extension = Read(sequence);
            if (result.Exists(each => each.Oid == extension.Oid))
                throw new AsnContentException("An extension occurs twice (RFC 5280 §4.2).");
            result.Add(extension);
        }
        while (sequence.HasData);
        return result;
    }

    internal static void WriteList(AsnWriter writer, IEnumerable<Extension> extensions, Asn1Tag? tag = null)
    {
        using (writer.PushSequence(tag))
        {
            foreach (Extension extension in extensions)
                extension.Write(writer);
        }
    }

    internal void Write(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Oid);
            if (Critical)
                writer.WriteBoolean(true);
            writer.WriteOctetString(Value.Span);
        }
    }

    private static Extension Read(AsnReader reader)
    {
        AsnReader sequence = reader.ReadSequence();
        string oid = sequence.ReadObjectIdentifier();
        bool critical = Der.NextIs(sequence, UniversalTagNumber.Boolean) && sequence.ReadBoolean();
        ReadOnlyMemory<byte> value = Der.Octets(sequence);
        sequence.ThrowIfNotEmpty();
        return new Extension(oid, critical, value);
    }
}
