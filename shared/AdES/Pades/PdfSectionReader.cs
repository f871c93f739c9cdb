namespace Pechat.AdES.Pades;

/// <summary>Reads the chain of cross-reference sections (ISO 32000-2 §7.5.4, §7.5.8). Nothing is repaired: what others signed must stay what it was.</summary>
/// <param name="data">The file.</param>
/// <param name="filters">Decoder of streams.</param>
internal sealed class PdfSectionReader(ReadOnlyMemory<byte> data, PdfFilters filters)
{
    private const int MaxSections = 512;
    private const int MaxEntries = 1_000_000;
    private const int Tail = 2048;

    private int _entries;

    /// <summary>All sections, the oldest first; the offset of the newest, and the offset after the last end-of-file marker.</summary>
    internal (List<PdfSection> Sections, int Start, int End) Read()
    {
        int from = Math.Max(0, data.Length - Tail);
        int found = data.Span[from..].LastIndexOf("startxref"u8);
        if (found < 0)
            throw PdfException.Malformed("The file does not end with a cross-reference offset.");
        var last = new PdfParser(data, from + found);
        int end = ReadEnd(last, out int start);
        var sections = new List<PdfSection>();
        int? offset = start;
        for (var seen = new HashSet<int>(); offset is { } place;)
        {
            if (!seen.Add(place) || sections.Count == MaxSections)
                throw PdfException.Malformed("The cross-reference sections form a loop or are too many.");
            PdfSection section = ReadSection(place);
            if (section.Trailer.Has("Encrypt", out _))
                throw new PdfException(PdfProblem.Encrypted, "The file is encrypted.");
            sections.Add(section);
            offset = Offset(section.Trailer, "Prev");
        }
        sections.Reverse();
        return (sections, start, end);
    }

    private int ReadEnd(PdfParser parser, out int offset)
    {
        parser.Keyword("startxref");
        offset = parser.Integer("the cross-reference offset");
        int position = parser.Position;
        while (position < data.Length && PdfParser.IsWhiteSpace(data.Span[position]))
            position++;
        if (!data.Span[position..].StartsWith("%%EOF"u8))
            throw PdfException.Malformed("An end-of-file marker is missing.");
        return position + 5;
    }

    private PdfSection ReadSection(int offset)
    {
        if (offset >= data.Length)
            throw PdfException.Malformed("A cross-reference offset lies outside the file.");
        var parser = new PdfParser(data, offset);
        byte first = data.Span[offset];
        var entries = new Dictionary<int, PdfEntry>();
        PdfDictionary trailer;
        PdfSectionForm form = PdfSectionForm.Stream;
        if (first == 'x')
        {
            form = PdfSectionForm.Table;
            trailer = ReadTable(parser, entries);
            if (Offset(trailer, "XRefStm") is { } hidden)
            {
                form = PdfSectionForm.Hybrid;
                ReadHidden(hidden, entries);
            }
        }
        else if (char.IsAsciiDigit((char)first))
            trailer = ReadStream(parser, entries);
        else
            throw PdfException.Malformed("A cross-reference offset points to something else.");
        int position = parser.Position;
        bool isClosed = parser.TryKeyword("startxref"); // the first section of a linearised file need not be
        parser.MoveTo(position);
        return new PdfSection(form, trailer, entries, isClosed ? ReadEnd(parser, out _) : position);
    }

    private PdfDictionary ReadTable(PdfParser parser, Dictionary<int, PdfEntry> entries)
    {
        parser.Keyword("xref");
        while (!parser.TryKeyword("trailer"))
        {
            int first = parser.Integer("a first object number");
            int count = parser.Integer("a number of entries");
            for (int i = 0; i < count; i++)
            {
                int offset = parser.Integer("an offset");
                int generation = parser.Integer("a generation");
                bool used = parser.TryKeyword("n");
                if (!used)
                    parser.Keyword("f");
                // Some writers mark unused numbers by offset 0; no object can stand there.
                Add(entries, (long)first + i, used && offset > 0 ? new PdfEntry(PdfPlace.File, offset, generation) : default);
            }
        }
        return parser.Object() as PdfDictionary ?? throw parser.Broken("the trailer is no dictionary");
    }

    private void ReadHidden(int offset, Dictionary<int, PdfEntry> entries)
    {
        if (offset >= data.Length)
            throw PdfException.Malformed("A cross-reference offset lies outside the file.");
        var hidden = new Dictionary<int, PdfEntry>();
        ReadStream(new PdfParser(data, offset), hidden);
        foreach ((int number, PdfEntry entry) in hidden)
        {
            if (entries.GetValueOrDefault(number).Place == PdfPlace.Free) // only for objects free or missing in the table
                entries[number] = entry;
        }
    }

    private PdfDictionary ReadStream(PdfParser parser, Dictionary<int, PdfEntry> entries)
    {
        parser.Integer("an object number");
        parser.Integer("a generation");
        parser.Keyword("obj");
        if (parser.Object() is not PdfDictionary dictionary || !dictionary.IsName("Type", "XRef") || !PdfStreams.TryRead(parser, data, dictionary, Direct, out PdfStream? stream))
            throw parser.Broken("there is no cross-reference stream");
        parser.Keyword("endobj");
        int[] widths = [.. Numbers(dictionary["W"])];
        int[] index = dictionary.Has("Index", out PdfObject? pairs) ? [.. Numbers(pairs)] : [0, Offset(dictionary, "Size") ?? 0];
        if (widths.Length != 3 || widths.Any(each => each > 8) || widths.Sum() == 0 || index.Length % 2 != 0)
            throw PdfException.Malformed("A cross-reference stream has a malformed description.");
        ReadOnlySpan<byte> rows = filters.Decode(stream).Span;
        for (int pair = 0; pair < index.Length; pair += 2)
        {
            for (int i = 0; i < index[pair + 1]; i++)
            {
                if (rows.Length < widths.Sum())
                    throw PdfException.Malformed("A cross-reference stream is too short.");
                long type = widths[0] == 0 ? 1 : Field(ref rows, widths[0]);
                long second = Field(ref rows, widths[1]);
                long third = Field(ref rows, widths[2]);
                Add(entries, (long)index[pair] + i, Entry(type, second, third));
            }
        }
        return dictionary;
    }

    private void Add(Dictionary<int, PdfEntry> entries, long number, PdfEntry entry)
    {
        if (++_entries > MaxEntries || number > int.MaxValue)
            throw PdfException.Malformed("The cross-reference sections hold too many entries.");
        if (!entries.TryAdd((int)number, entry))
            throw PdfException.Malformed("A cross-reference section names an object twice.");
    }

    private static PdfEntry Entry(long type, long second, long third) => type switch
    {
        0 => default,
        1 or 2 when second is >= 0 and <= int.MaxValue && third is >= 0 and <= int.MaxValue =>
            new PdfEntry(type == 1 ? PdfPlace.File : PdfPlace.ObjectStream, (int)second, (int)third),
        1 or 2 => throw PdfException.Malformed("A cross-reference entry is out of range."),
        _ => default, // ISO 32000-2 §7.5.8.3: other types are references to the null object
    };

    private static long Field(ref ReadOnlySpan<byte> rows, int width)
    {
        long value = 0;
        foreach (byte each in rows[..width])
            value = (value << 8) | each;
        rows = rows[width..];
        return value;
    }

    private static PdfObject Direct(PdfObject value) => value; // the length of a cross-reference stream cannot be looked up

    private static IEnumerable<int> Numbers(PdfObject? array) => (array as PdfArray)?.Items.Select(each =>
        each is PdfInteger { Value: >= 0 and <= int.MaxValue } number ? (int)number.Value : throw PdfException.Malformed("A cross-reference stream has a malformed description.")) ?? [];

    private static int? Offset(PdfDictionary trailer, string key) => trailer[key] switch
    {
        null => null,
        PdfInteger { Value: >= 0 and <= int.MaxValue } number => (int)number.Value,
        _ => throw PdfException.Malformed($"The trailer entry {key} is out of range."),
    };
}
