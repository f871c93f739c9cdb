using System.Buffers;
using System.Globalization;
using System.Text;

namespace Pechat.AdES.Pades;

/// <summary>Writes objects in PDF syntax (ISO 32000-2 §7.3).</summary>
internal sealed class PdfWriter
{
    private readonly ArrayBufferWriter<byte> _output = new();

    internal int Length => _output.WrittenCount;

    internal ReadOnlySpan<byte> Written => _output.WrittenSpan;

    internal PdfWriter Raw(string ascii)
    {
        _output.Write(Encoding.Latin1.GetBytes(ascii));
        return this;
    }

    internal PdfWriter Raw(ReadOnlySpan<byte> octets)
    {
        _output.Write(octets);
        return this;
    }

    internal PdfWriter Object(PdfObject value)
    {
        switch (value)
        {
            case PdfNull: return Raw("null");
            case PdfBoolean boolean: return Raw(boolean.Value ? "true" : "false");
            case PdfInteger integer: return Raw(integer.Value.ToString(CultureInfo.InvariantCulture));
            case PdfReal real: return Raw(real.Text);
            case PdfName name: return Name(name.Value);
            case PdfReference reference: return Raw(string.Create(CultureInfo.InvariantCulture, $"{reference.Number} {reference.Generation} R"));
            case PdfString text: return text.Hex ? Raw("<" + Convert.ToHexString(text.Bytes.Span) + ">") : Literal(text.Bytes.Span);
            case PdfArray array:
                Raw("[");
                foreach ((int i, PdfObject item) in array.Items.Index())
                    Raw(i == 0 ? "" : " ").Object(item);
                return Raw("]");
            case PdfDictionary dictionary:
                Raw("<<");
                foreach ((string key, PdfObject entry) in dictionary.Entries)
                    Name(key).Raw(" ").Object(entry);
                return Raw(">>");
            case PdfStream stream:
                return Object(stream.Dictionary.With("Length", new PdfInteger(stream.Data.Length))).Raw("\nstream\n").Raw(stream.Data.Span).Raw("\nendstream");
            default:
                throw new InvalidOperationException($"There is no syntax for {value.GetType()}.");
        }
    }

    /// <summary>A text string: ASCII as it is, everything else as UTF-16 with its mark (ISO 32000-2 §7.9.2).</summary>
    internal static PdfString Text(string text) => new(
        text.All(c => c is >= ' ' and < '\x7f') ? Encoding.ASCII.GetBytes(text) : [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(text)], Hex: false);

    /// <summary>A date in UTC (ISO 32000-2 §7.9.4).</summary>
    internal static PdfString Date(DateTimeOffset time) =>
        Text(time.UtcDateTime.ToString("'D:'yyyyMMddHHmmss'Z'", CultureInfo.InvariantCulture));

    private PdfWriter Name(string name)
    {
        var text = new StringBuilder("/");
        foreach (char c in name)
        {
            if (c is > '!' and < '\x7f' and not '#' && !PdfParser.IsDelimiter((byte)c))
                text.Append(c);
            else
                text.Append(CultureInfo.InvariantCulture, $"#{(int)c:X2}");
        }
        return Raw(text.ToString());
    }

    private PdfWriter Literal(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder("(");
        foreach (byte value in bytes)
        {
            if (value is (byte)'(' or (byte)')' or (byte)'\\')
                text.Append('\\').Append((char)value);
            else if (value is < 0x20 or >= 0x7f)
                text.Append('\\').Append(Convert.ToString(value, 8).PadLeft(3, '0'));
            else
                text.Append((char)value);
        }
        return Raw(text.Append(')').ToString());
    }
}
