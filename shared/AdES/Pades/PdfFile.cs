namespace Pechat.AdES.Pades;

/// <summary>
/// A PDF as its cross-reference sections describe it, in every revision. Reading is strict and bounded: only
/// <see cref="PdfException"/> is thrown, memory and time stay proportional to the length of the file.
/// </summary>
internal sealed class PdfFile
{
    private const int MaxDecoded = 128 << 20;
    private const int MaxReferences = 16;

    private readonly List<PdfSection> _sections;
    private readonly Dictionary<(int Number, int Section), PdfObject> _objects = [];
    private readonly Dictionary<(int Number, int Section), (int Number, PdfObject Value)[]> _streams = [];
    private readonly HashSet<(int Number, int Section)> _open = [];
    private readonly PdfFilters _filters = new(MaxDecoded);
    private long _work;

    private PdfFile(ReadOnlyMemory<byte> data)
    {
        Data = data;
        _work = (4L * data.Length) + (1 << 20);
        int lastEnd;
        (_sections, StartOffset, lastEnd) = new PdfSectionReader(data, _filters).Read();
        IsTerminated = lastEnd == End(Latest);
        foreach (byte each in data.Span[lastEnd..])
            IsTerminated &= PdfParser.IsWhiteSpace(each);
    }

    /// <summary>All octets.</summary>
    internal ReadOnlyMemory<byte> Data { get; }

    /// <summary>Index of the newest cross-reference section; a section index also names the revision that it makes.</summary>
    internal int Latest => _sections.Count - 1;

    /// <summary>Offset of the newest cross-reference section.</summary>
    internal int StartOffset { get; }

    /// <summary>False when something other than white space follows what the cross-reference sections describe.</summary>
    internal bool IsTerminated { get; }

    /// <summary>Lowest object number that no revision uses.</summary>
    internal int NextNumber => _sections.Max(each => Math.Max(
        each.Trailer["Size"] is PdfInteger { Value: > 0 and < int.MaxValue } size ? (int)size.Value : 1,
        each.Entries.Count == 0 ? 1 : each.Entries.Keys.Max() + 1));

    /// <exception cref="PdfException">The file is broken or encrypted.</exception>
    internal static PdfFile Parse(ReadOnlyMemory<byte> data)
    {
        if (data.Length > PadesSigner.MaxLength)
            throw PdfException.Malformed($"The file is longer than {PadesSigner.MaxLength >> 20} MiB.");
        if (!data.Span.StartsWith("%PDF-"u8))
            throw PdfException.Malformed("The file does not begin with a PDF header.");
        var file = new PdfFile(data);
        _ = file.Catalog(file.Latest);
        return file;
    }

    internal ReadOnlyMemory<byte> Decode(PdfStream stream) => _filters.Decode(stream);

    internal PdfSection Section(int revision) => _sections[revision];

    /// <summary>Offset after the end-of-file marker of a revision; a linearised file closes its older section last.</summary>
    internal int End(int revision) => _sections.Take(revision + 1).Max(each => each.End);

    internal PdfReference Root(int revision) =>
        _sections[revision].Trailer["Root"] as PdfReference ?? throw PdfException.Malformed("A trailer does not name the catalog.");

    internal PdfDictionary Catalog(int revision) =>
        Resolve(Root(revision), revision) as PdfDictionary ?? throw PdfException.Malformed("The catalog is missing.");

    /// <summary>The section that defines an object as of a revision; null when there is none or the number is free.</summary>
    internal int? Definition(int number, int revision)
    {
        for (int section = revision; section >= 0; section--)
        {
            if (_sections[section].Entries.TryGetValue(number, out PdfEntry entry))
                return entry.Place == PdfPlace.Free ? null : section;
        }
        return null;
    }

    /// <summary>The object behind references as of a revision; a reference to nothing is the null object.</summary>
    internal PdfObject Resolve(PdfObject? value, int revision)
    {
        for (int i = 0; value is PdfReference reference; i++)
        {
            if (i == MaxReferences)
                throw PdfException.Malformed("References refer to each other.");
            value = Get(reference.Number, revision, reference.Generation);
        }
        return value ?? PdfObject.Null;
    }

    internal PdfDictionary? Dictionary(PdfObject? value, int revision) => Resolve(value, revision) as PdfDictionary;

    internal PdfObject Get(int number, int revision, int? generation = null)
    {
        if (Definition(number, revision) is not { } section)
            return PdfObject.Null;
        PdfEntry entry = _sections[section].Entries[number];
        if (generation is { } wanted && wanted != (entry.Place == PdfPlace.File ? entry.Second : 0))
            return PdfObject.Null;
        if (_objects.TryGetValue((number, section), out PdfObject? known))
            return known;
        if (!_open.Add((number, section)) || _open.Count > MaxReferences)
            throw PdfException.Malformed("Too many objects are needed to read one.");
        PdfObject value = entry.Place == PdfPlace.File ? ReadIndirect(number, entry, section) : ReadCompressed(number, entry, section);
        _open.Remove((number, section));
        return _objects[(number, section)] = value;
    }

    private PdfObject ReadIndirect(int number, PdfEntry entry, int section)
    {
        var parser = new PdfParser(Data, entry.First);
        if (entry.First >= Data.Length || !char.IsAsciiDigit((char)Data.Span[entry.First])
            || parser.Integer("an object number") != number || parser.Integer("a generation") != entry.Second)
            throw PdfException.Malformed($"Object {number} is not where the cross-reference section says.");
        parser.Keyword("obj");
        PdfObject value = parser.Object();
        if (value is PdfDictionary dictionary && PdfStreams.TryRead(parser, Data, dictionary, length => Resolve(length, section), out PdfStream? stream))
            value = stream;
        parser.Keyword("endobj");
        Work(parser.Position - entry.First);
        return value;
    }

    private PdfObject ReadCompressed(int number, PdfEntry entry, int section)
    {
        if (Definition(entry.First, section) is not { } container)
            throw PdfException.Malformed("An object stream is missing.");
        if (!_streams.TryGetValue((entry.First, container), out (int Number, PdfObject Value)[]? objects))
            _streams[(entry.First, container)] = objects = ReadObjectStream(entry.First, section);
        return entry.Second < objects.Length && objects[entry.Second].Number == number
            ? objects[entry.Second].Value
            : throw PdfException.Malformed($"Object {number} is not in the object stream that the cross-reference section names.");
    }

    private (int Number, PdfObject Value)[] ReadObjectStream(int number, int section)
    {
        if (_sections[Definition(number, section)!.Value].Entries[number].Place != PdfPlace.File
            || Get(number, section) is not PdfStream stream || !stream.Dictionary.IsName("Type", "ObjStm")
            || Resolve(stream.Dictionary["N"], section) is not PdfInteger count || Resolve(stream.Dictionary["First"], section) is not PdfInteger first)
            throw PdfException.Malformed("An object stream is malformed.");
        ReadOnlyMemory<byte> data = _filters.Decode(stream);
        _work += 2L * data.Length;
        if (first.Value < 0 || first.Value > data.Length || count.Value < 0 || count.Value > first.Value)
            throw PdfException.Malformed("An object stream is malformed.");
        var index = new PdfParser(data[..(int)first.Value], 0, isFile: false);
        var objects = new (int, PdfObject)[count.Value];
        for (int i = 0; i < objects.Length; i++)
        {
            int inner = index.Integer("an object number");
            long offset = first.Value + index.Integer("an offset");
            if (offset >= data.Length)
                throw PdfException.Malformed("An object stream is malformed.");
            var parser = new PdfParser(data, (int)offset, isFile: false);
            objects[i] = (inner, parser.Object());
            Work(parser.Position - (int)offset);
        }
        return objects;
    }

    /// <summary>Objects may overlap in a hostile file, so that reading each would take quadratic time.</summary>
    private void Work(int octets)
    {
        _work -= octets;
        if (_work < 0)
            throw PdfException.Malformed("The objects of the file overlap.");
    }
}
