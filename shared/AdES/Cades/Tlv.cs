using System.Numerics;

namespace Pechat.AdES.Cades;

/// <summary>Writes tag, length and value around octets that must stay as they are; <c>AsnWriter</c> would sort sets that others hashed unsorted.</summary>
internal static class Tlv
{
    internal const byte Integer = 0x02;
    internal const byte OctetString = 0x04;
    internal const byte Sequence = 0x30;
    internal const byte Set = 0x31;
    internal const byte Context0 = 0xA0;
    internal const byte Context1 = 0xA1;

    /// <summary>Tag and definite length in its shortest form.</summary>
    internal static byte[] Header(byte tag, long length)
    {
        if (length < 0x80)
            return [tag, (byte)length];
        int octets = 8 - (BitOperations.LeadingZeroCount((ulong)length) / 8);
        byte[] header = new byte[2 + octets];
        header[0] = tag;
        header[1] = (byte)(0x80 | octets);
        for (int i = octets + 1; i > 1; i--, length >>= 8)
            header[i] = (byte)length;
        return header;
    }

    internal static byte[] Wrap(byte tag, params IReadOnlyList<ReadOnlyMemory<byte>> parts) =>
        Join([Header(tag, parts.Sum(part => (long)part.Length)), .. parts]);

    internal static byte[] Join(params IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        byte[] whole = new byte[parts.Sum(part => part.Length)];
        Span<byte> rest = whole;
        foreach (ReadOnlyMemory<byte> part in parts)
        {
            part.Span.CopyTo(rest);
            rest = rest[part.Length..];
        }
        return whole;
    }

    /// <summary>The elements of a SET OF with one more: at its place if they are in DER order, else at the end; nothing twice.</summary>
    internal static IReadOnlyList<ReadOnlyMemory<byte>> With(this IReadOnlyList<ReadOnlyMemory<byte>> elements, ReadOnlyMemory<byte> element)
    {
        if (elements.Any(each => each.Span.SequenceEqual(element.Span)))
            return elements;
        int at = elements.Count;
        if (IsSorted(elements))
        {
            while (at > 0 && elements[at - 1].Span.SequenceCompareTo(element.Span) > 0)
                at--;
        }
        return [.. elements.Take(at), element, .. elements.Skip(at)];
    }

    private static bool IsSorted(IReadOnlyList<ReadOnlyMemory<byte>> elements)
    {
        for (int i = 1; i < elements.Count; i++)
        {
            if (elements[i - 1].Span.SequenceCompareTo(elements[i].Span) > 0)
                return false;
        }
        return true;
    }
}
