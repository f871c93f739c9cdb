using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>AlgorithmIdentifier as it was read (RFC 5280 §4.1.1.2).</summary>
/// <param name="Oid">Algorithm, dotted.</param>
/// <param name="Parameters">DER of the parameters; empty when they are absent.</param>
public sealed record AlgorithmIdentifier(string Oid, ReadOnlyMemory<byte> Parameters)
{
    private static ReadOnlySpan<byte> Null => [0x05, 0x00];

    /// <summary>True when there are no parameters, written either way (RFC 5754 §2).</summary>
    public bool HasNoParameters => Parameters.IsEmpty || Parameters.Span.SequenceEqual(Null);

    /// <summary>True when both have the same DER.</summary>
    /// <param name="other">What to compare with.</param>
    public bool Equals(AlgorithmIdentifier? other) =>
        other is not null && Oid == other.Oid && Parameters.Span.SequenceEqual(other.Parameters.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Oid, Parameters.Length);

    /// <exception cref="AsnContentException">The data is not DER or has another shape.</exception>
    internal static AlgorithmIdentifier Read(AsnReader reader)
    {
        AsnReader sequence = reader.ReadSequence();
        string oid = sequence.ReadObjectIdentifier();
        ReadOnlyMemory<byte> parameters = sequence.HasData ? sequence.ReadEncodedValue() : default;
        sequence.ThrowIfNotEmpty();
        return new AlgorithmIdentifier(oid, parameters);
    }

    internal void Write(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Oid);
            if (!Parameters.IsEmpty)
                writer.WriteEncodedValue(Parameters.Span);
        }
    }
}
