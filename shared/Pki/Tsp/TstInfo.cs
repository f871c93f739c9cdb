using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>Accuracy of a time stamp (RFC 3161 §2.4.2); absent parts are zero.</summary>
/// <param name="Seconds">Whole seconds.</param>
/// <param name="Milliseconds">0 to 999.</param>
/// <param name="Microseconds">0 to 999.</param>
public readonly record struct TimestampAccuracy(int Seconds, int Milliseconds = 0, int Microseconds = 0);

/// <summary>TSTInfo: what a time-stamp token says (RFC 3161 §2.4.2, EN 319 422).</summary>
public sealed record TstInfo
{
    /// <summary>The extension by which a token declares itself qualified (EN 319 422 §9.1).</summary>
    public static Extension Qualified { get; } = CertificateExtensions.Make(Oids.QcStatements, false, writer =>
    {
        using (writer.PushSequence())
        using (writer.PushSequence())
            writer.WriteObjectIdentifier(Oids.QualifiedTimestamp);
    });

    /// <summary>Policy, dotted.</summary>
    public required string Policy { get; init; }

    /// <summary>What was stamped.</summary>
    public required MessageImprint Imprint { get; init; }

    /// <summary>Contents octets of the serial INTEGER, unique per authority, at most 20.</summary>
    public required ReadOnlyMemory<byte> SerialNumber { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset GenTime { get; init; }

    /// <summary>Accuracy; null when not stated.</summary>
    public TimestampAccuracy? Accuracy { get; init; }

    /// <summary>Whether the order of tokens can be told by time alone.</summary>
    public bool Ordering { get; init; }

    /// <summary>Contents octets of the request's nonce; null for none.</summary>
    public ReadOnlyMemory<byte>? Nonce { get; init; }

    /// <summary>DER of the tsa GeneralName inside its [0]; null when absent.</summary>
    public ReadOnlyMemory<byte>? Tsa { get; init; }

    /// <summary>Extensions.</summary>
    public IReadOnlyList<Extension> Extensions { get; init; } = [];

    /// <summary>Reads untrusted DER.</summary>
    /// <param name="der">Exactly one TSTInfo.</param>
    /// <exception cref="AsnContentException">The data is not DER or has another shape.</exception>
    public static TstInfo Parse(ReadOnlyMemory<byte> der)
    {
        AsnReader sequence = Der.Sequence(der);
        if (Der.SmallInteger(sequence) != 1)
            throw new AsnContentException("Only version 1 tokens are accepted.");
        var info = new TstInfo
        {
            Policy = sequence.ReadObjectIdentifier(),
            Imprint = MessageImprint.Read(sequence),
            SerialNumber = sequence.ReadIntegerBytes(),
            GenTime = sequence.ReadGeneralizedTime(),
            Accuracy = Der.NextIs(sequence, UniversalTagNumber.Sequence) ? ReadAccuracy(sequence.ReadSequence()) : null,
            Ordering = TimestampRequest.ReadFlag(sequence),
            Nonce = Der.OptionalInteger(sequence),
            Tsa = ReadTsa(sequence),
            Extensions = Der.NextIs(sequence, Der.Context(1)) ? Extension.ReadList(sequence, Der.Context(1)) : [],
        };
        sequence.ThrowIfNotEmpty();
        return info;
    }

    /// <summary>DER.</summary>
    public byte[] Encode()
    {
        AsnWriter writer = Der.Writer();
        using (writer.PushSequence())
        {
            writer.WriteInteger(1);
            writer.WriteObjectIdentifier(Policy);
            Imprint.Write(writer);
            writer.WriteInteger(SerialNumber.Span);
            writer.WriteGeneralizedTime(GenTime.ToUniversalTime());
            WriteAccuracy(writer);
            if (Ordering)
                writer.WriteBoolean(true);
            if (Nonce is { } nonce)
                writer.WriteInteger(nonce.Span);
            if (Tsa is { } tsa)
            {
                using (writer.PushSequence(Der.Context(0)))
                    writer.WriteEncodedValue(tsa.Span);
            }
            if (Extensions.Count > 0)
                Extension.WriteList(writer, Extensions, Der.Context(1));
        }
        return writer.Encode();
    }

    private static ReadOnlyMemory<byte>? ReadTsa(AsnReader sequence)
    {
        if (!Der.NextIs(sequence, Der.Context(0)))
            return null;
        AsnReader wrapped = sequence.ReadSequence(Der.Context(0));
        ReadOnlyMemory<byte> name = wrapped.ReadEncodedValue();
        wrapped.ThrowIfNotEmpty();
        return name;
    }

    private static TimestampAccuracy ReadAccuracy(AsnReader sequence)
    {
        int seconds = Der.NextIs(sequence, UniversalTagNumber.Integer) ? Der.SmallInteger(sequence) : 0;
        int milliseconds = ReadPart(sequence, Der.Context(0));
        int microseconds = ReadPart(sequence, Der.Context(1));
        sequence.ThrowIfNotEmpty();
        return new TimestampAccuracy(seconds, milliseconds, microseconds);
    }

    private static int ReadPart(AsnReader sequence, Asn1Tag tag)
    {
        if (!Der.NextIs(sequence, tag))
            return 0;
        return sequence.TryReadInt32(out int value, tag) && value is > 0 and < 1000
            ? value
            : throw new AsnContentException("A part of the accuracy is out of range.");
    }

    private void WriteAccuracy(AsnWriter writer)
    {
        if (Accuracy is not { } accuracy)
            return;
        using (writer.PushSequence())
        {
            if (accuracy.Seconds > 0)
                writer.WriteInteger(accuracy.Seconds);
            if (accuracy.Milliseconds > 0)
                writer.WriteInteger(accuracy.Milliseconds, Der.Context(0));
            if (accuracy.Microseconds > 0)
                writer.WriteInteger(accuracy.Microseconds, Der.Context(1));
        }
    }
}
