using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>What the readers and writers of this library share about DER (X.690).</summary>
internal static class Der
{
    /// <summary>A reader of untrusted DER.</summary>
    internal static AsnReader Reader(ReadOnlyMemory<byte> der) => new(der, AsnEncodingRules.DER);

    /// <summary>A reader of CMS: signed data of others is often written without sorting its sets, and is hashed as it stands.</summary>
    internal static AsnReader CmsReader(ReadOnlyMemory<byte> der) =>
        new(der, AsnEncodingRules.DER, new AsnReaderOptions { SkipSetSortOrderVerification = true });

    internal static AsnWriter Writer() => new(AsnEncodingRules.DER);

    /// <summary>The one element that fills the buffer.</summary>
    internal static AsnReader Sequence(ReadOnlyMemory<byte> der)
    {
        AsnReader outer = Reader(der);
        AsnReader sequence = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        return sequence;
    }

    internal static Asn1Tag Context(int number, bool constructed = false) => new(TagClass.ContextSpecific, number, constructed);

    internal static bool NextIs(AsnReader reader, Asn1Tag tag) => reader.HasData && reader.PeekTag().HasSameClassAndValue(tag);

    internal static bool NextIs(AsnReader reader, UniversalTagNumber number) => NextIs(reader, new Asn1Tag(number));

    internal static int SmallInteger(AsnReader reader) =>
        reader.TryReadInt32(out int value) ? value : throw new AsnContentException("An integer is out of range.");

    /// <summary>Contents octets of an INTEGER OPTIONAL.</summary>
    /// <remarks>No conditional expression: <c>null</c> would convert to an empty buffer instead of no buffer.</remarks>
    internal static ReadOnlyMemory<byte>? OptionalInteger(AsnReader reader)
    {
        if (!NextIs(reader, UniversalTagNumber.Integer))
            return null;
        return reader.ReadIntegerBytes();
    }

    /// <summary>BIT STRING of whole octets.</summary>
    internal static ReadOnlyMemory<byte> OctetBits(AsnReader reader)
    {
        if (!reader.TryReadPrimitiveBitString(out int unused, out ReadOnlyMemory<byte> bits) || unused != 0)
            throw new AsnContentException("A bit string must hold whole octets.");
        return bits;
    }

    internal static ReadOnlyMemory<byte> Octets(AsnReader reader, Asn1Tag? tag = null) =>
        reader.TryReadPrimitiveOctetString(out ReadOnlyMemory<byte> octets, tag)
            ? octets
            : throw new AsnContentException("An octet string must be primitive.");

    /// <summary>Time of RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime without fraction from 2050.</summary>
    internal static void WriteTime(AsnWriter writer, DateTimeOffset time)
    {
        DateTimeOffset utc = time.ToUniversalTime();
        if (utc.Year is >= 1950 and < 2050)
            writer.WriteUtcTime(utc, twoDigitYearMax: 2049);
        else
            writer.WriteGeneralizedTime(utc, omitFractionalSeconds: true);
    }

    internal static DateTimeOffset ReadTime(AsnReader reader)
    {
        if (NextIs(reader, UniversalTagNumber.UtcTime))
            return reader.ReadUtcTime(twoDigitYearMax: 2049);
        DateTimeOffset time = reader.ReadGeneralizedTime();
        return time.Year is >= 1950 and < 2050
            ? throw new AsnContentException("Times through 2049 are UTCTime (RFC 5280 §4.1.2.5).")
            : time;
    }

    internal static byte[] Encode(Action<AsnWriter> write)
    {
        AsnWriter writer = Writer();
        write(writer);
        return writer.Encode();
    }
}
