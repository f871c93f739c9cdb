using System.Globalization;
using System.Text;

namespace Pechat.AdES.Pades;

/// <summary>
/// Reads objects from PDF syntax (ISO 32000-2 §7.2, §7.3), strictly: what is not syntax is a <see cref="PdfException"/>.
/// Depth is bounded, and every step consumes input, so time and memory are bounded by the length of the data.
/// </summary>
/// <param name="data">The file, or a decoded object stream.</param>
/// <param name="position">Where to start.</param>
/// <param name="isFile">Whether offsets in <paramref name="data"/> are offsets in the file.</param>
internal sealed class PdfParser(ReadOnlyMemory<byte> data, int position, bool isFile = true)
{
    internal const int MaxDepth = 64;

    internal int Position { get; private set; } = position;

    private ReadOnlySpan<byte> Span => data.Span;

    internal static bool IsWhiteSpace(byte value) => value is 0x00 or 0x09 or 0x0A or 0x0C or 0x0D or 0x20;

    internal static bool IsDelimiter(byte value) => value is (byte)'(' or (byte)')' or (byte)'<' or (byte)'>' or (byte)'[' or (byte)']'
        or (byte)'{' or (byte)'}' or (byte)'/' or (byte)'%';

    /// <summary>Passes over white space and comments.</summary>
    internal void SkipSpace()
    {
        ReadOnlySpan<byte> span = Span;
        while (Position < span.Length)
        {
            byte value = span[Position];
            if (value == '%')
            {
                int end = span[Position..].IndexOfAny((byte)'\r', (byte)'\n');
                Position = end < 0 ? span.Length : Position + end;
            }
            else if (IsWhiteSpace(value))
                Position++;
            else
                return;
        }
    }

    /// <summary>Takes a keyword if it comes next, as a whole token.</summary>
    internal bool TryKeyword(string keyword)
    {
        SkipSpace();
        ReadOnlySpan<byte> rest = Span[Math.Min(Position, Span.Length)..];
        if (rest.Length < keyword.Length || (rest.Length > keyword.Length && IsRegular(rest[keyword.Length])))
            return false;
        for (int i = 0; i < keyword.Length; i++)
        {
            if (rest[i] != keyword[i])
                return false;
        }
        Position += keyword.Length;
        return true;
    }

    internal void Keyword(string keyword)
    {
        if (!TryKeyword(keyword))
            throw Broken($"the keyword {keyword} is missing");
    }

    /// <summary>Goes on behind data that is not PDF syntax.</summary>
    internal void MoveTo(int position) => Position = position;

    internal int Integer(string what)
    {
        SkipSpace();
        return ReadNumber() is PdfInteger { Value: >= 0 and <= int.MaxValue } integer ? (int)integer.Value : throw Broken($"{what} is no number in range");
    }

    /// <summary>Reads one object; <c>n g R</c> is a reference.</summary>
    internal PdfObject Object(int depth = 0)
    {
        if (depth > MaxDepth)
            throw Broken("objects are nested too deeply");
        SkipSpace();
        if (Position >= Span.Length)
            throw Broken("the data ends where an object should stand");
        switch (Span[Position])
        {
            case (byte)'/':
                return new PdfName(ReadName());
            case (byte)'(':
                return ReadLiteral();
            case (byte)'[':
                return ReadArray(depth);
            case (byte)'<':
                return Position + 1 < Span.Length && Span[Position + 1] == '<' ? ReadDictionary(depth) : ReadHex();
            case >= (byte)'0' and <= (byte)'9':
                return ReadNumberOrReference();
            case (byte)'+' or (byte)'-' or (byte)'.':
                return ReadNumber();
        }
        return TryKeyword("true") ? new PdfBoolean(true)
            : TryKeyword("false") ? new PdfBoolean(false)
            : TryKeyword("null") ? PdfObject.Null
            : throw Broken("there is no object");
    }

    internal PdfException Broken(string what) => PdfException.Malformed(isFile ? $"At offset {Position} {what}." : $"In an object stream {what}.");

    private static bool IsRegular(byte value) => !IsWhiteSpace(value) && !IsDelimiter(value);

    private PdfObject ReadNumberOrReference()
    {
        PdfObject first = ReadNumber();
        int after = Position;
        if (first is PdfInteger { Value: > 0 and <= int.MaxValue } number)
        {
            SkipSpace();
            if (Position < Span.Length && char.IsAsciiDigit((char)Span[Position])
                && ReadNumber() is PdfInteger { Value: >= 0 and <= 65535 } generation && TryKeyword("R"))
                return new PdfReference((int)number.Value, (int)generation.Value);
        }
        Position = after;
        return first;
    }

    private PdfObject ReadNumber()
    {
        int start = Position;
        while (Position < Span.Length && Span[Position] is (>= (byte)'0' and <= (byte)'9') or (byte)'+' or (byte)'-' or (byte)'.')
            Position++;
        if (Position - start is 0 or > 64 || (Position < Span.Length && IsRegular(Span[Position])))
            throw Broken("there is no number");
        string text = Encoding.ASCII.GetString(Span[start..Position]);
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long integer))
            return new PdfInteger(integer);
        return decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _)
            ? new PdfReal(text)
            : throw Broken("a number is malformed");
    }

    private string ReadName()
    {
        var name = new StringBuilder();
        for (Position++; Position < Span.Length && IsRegular(Span[Position]); Position++)
        {
            byte value = Span[Position];
            if (value != '#')
                name.Append((char)value);
            else if (Position + 2 < Span.Length && Digit(Span[Position + 1]) is { } high and >= 0 && Digit(Span[Position + 2]) is { } low and >= 0)
            {
                name.Append((char)((high << 4) | low));
                Position += 2;
            }
            else
                throw Broken("a name holds a malformed escape");
        }
        return name.ToString();
    }

    private PdfArray ReadArray(int depth)
    {
        var items = new List<PdfObject>();
        Position++;
        while (true)
        {
            SkipSpace();
            if (Position < Span.Length && Span[Position] == ']')
            {
                Position++;
                return new PdfArray(items);
            }
            items.Add(Object(depth + 1));
        }
    }

    private PdfDictionary ReadDictionary(int depth)
    {
        var entries = new Dictionary<string, PdfObject>();
        Position += 2;
        while (true)
        {
            SkipSpace();
            if (Position + 1 < Span.Length && Span[Position] == '>' && Span[Position + 1] == '>')
            {
                Position += 2;
                return new PdfDictionary(entries);
            }
            if (Position >= Span.Length || Span[Position] != '/')
                throw Broken("a dictionary has no key");
            string key = ReadName();
            // Readers disagree about which of two equal keys counts, so neither may.
            if (!entries.TryAdd(key, Object(depth + 1)))
                throw Broken($"a dictionary has the key {Printable(key)} twice");
        }
    }

    private PdfString ReadHex()
    {
        int start = Position++;
        int length = Span[Position..].IndexOf((byte)'>');
        if (length < 0)
            throw Broken("a hexadecimal string does not end");
        byte[] bytes = new byte[(length + 1) / 2];
        int digits = 0;
        foreach (byte value in Span.Slice(Position, length))
        {
            if (IsWhiteSpace(value))
                continue;
            int digit = Digit(value);
            if (digit < 0)
                throw Broken("a hexadecimal string holds another character");
            bytes[digits / 2] |= (byte)((digits % 2 == 0) ? digit << 4 : digit); // an odd number of digits means a last 0
            digits++;
        }
        Position += length + 1;
        return new PdfString(bytes.AsMemory(0, (digits + 1) / 2), Hex: true, isFile ? start : -1, Position);
    }

    private PdfString ReadLiteral()
    {
        int start = Position++;
        var bytes = new List<byte>();
        for (int open = 1; ; Position++)
        {
            if (Position >= Span.Length)
                throw Broken("a string does not end");
            byte value = Span[Position];
            open += value == '(' ? 1 : value == ')' ? -1 : 0;
            if (open == 0)
                break;
            if (value == '\\')
                ReadEscape(bytes);
            else if (value == '\r')
                EndOfLine(bytes);
            else
                bytes.Add(value);
        }
        Position++;
        return new PdfString(bytes.ToArray(), Hex: false, isFile ? start : -1, Position);
    }

    private void EndOfLine(List<byte>? bytes)
    {
        if (Position + 1 < Span.Length && Span[Position + 1] == '\n')
            Position++;
        bytes?.Add((byte)'\n'); // ISO 32000-2 §7.3.4.2: any end of line counts as a line feed
    }

    private void ReadEscape(List<byte> bytes)
    {
        if (++Position >= Span.Length)
            throw Broken("a string does not end");
        byte value = Span[Position];
        switch (value)
        {
            case (byte)'n': bytes.Add((byte)'\n'); break;
            case (byte)'r': bytes.Add((byte)'\r'); break;
            case (byte)'t': bytes.Add((byte)'\t'); break;
            case (byte)'b': bytes.Add((byte)'\b'); break;
            case (byte)'f': bytes.Add((byte)'\f'); break;
            case (byte)'\n': break; // joins lines
            case (byte)'\r': EndOfLine(null); break;
            case >= (byte)'0' and <= (byte)'7':
                int code = value - '0';
                for (int i = 0; i < 2 && Position + 1 < Span.Length && Span[Position + 1] is >= (byte)'0' and <= (byte)'7'; i++)
                    code = (code << 3) | (Span[++Position] - '0');
                bytes.Add((byte)code); // high overflow is ignored
                break;
            default: bytes.Add(value); break;
        }
    }

    private static string Printable(string name) => new([.. name.Take(40).Select(c => c is > ' ' and < '\x7f' ? c : '?')]);

    private static int Digit(byte value) => value switch
    {
        >= (byte)'0' and <= (byte)'9' => value - '0',
        >= (byte)'A' and <= (byte)'F' => value - 'A' + 10,
        >= (byte)'a' and <= (byte)'f' => value - 'a' + 10,
        _ => -1,
    };
}
