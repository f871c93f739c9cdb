using System.Diagnostics.CodeAnalysis;

namespace Pechat.AdES.Pades;

/// <summary>A PDF object (ISO 32000-2 §7.3). Immutable.</summary>
internal abstract record PdfObject
{
    internal static PdfObject Null { get; } = new PdfNull();

    /// <summary>True when both would be written with the same meaning.</summary>
    internal virtual bool SameAs(PdfObject other) => Equals(other);
}

internal sealed record PdfNull : PdfObject;

internal sealed record PdfBoolean(bool Value) : PdfObject;

internal sealed record PdfInteger(long Value) : PdfObject;

/// <summary>A number with a fraction, kept as it was written.</summary>
internal sealed record PdfReal(string Text) : PdfObject;

/// <summary>A name after its #xx escapes are resolved; each char is one byte.</summary>
internal sealed record PdfName(string Value) : PdfObject;

/// <summary>A string, with the place of its delimiters where it stands in the file itself.</summary>
/// <param name="Bytes">Decoded value.</param>
/// <param name="Hex">Written in hexadecimal.</param>
/// <param name="Start">Offset of the opening delimiter, -1 when there is none (object streams, new objects).</param>
/// <param name="End">Offset after the closing delimiter.</param>
internal sealed record PdfString(ReadOnlyMemory<byte> Bytes, bool Hex, int Start = -1, int End = -1) : PdfObject
{
    internal override bool SameAs(PdfObject other) => other is PdfString text && text.Bytes.Span.SequenceEqual(Bytes.Span);
}

internal sealed record PdfReference(int Number, int Generation) : PdfObject;

internal sealed record PdfArray(IReadOnlyList<PdfObject> Items) : PdfObject
{
    internal override bool SameAs(PdfObject other) =>
        other is PdfArray array && array.Items.Count == Items.Count && Items.Zip(array.Items).All(pair => pair.First.SameAs(pair.Second));
}

internal sealed record PdfDictionary(IReadOnlyDictionary<string, PdfObject> Entries) : PdfObject
{
    internal static PdfDictionary Empty { get; } = new(new Dictionary<string, PdfObject>());

    internal PdfObject? this[string key] => Entries.GetValueOrDefault(key);

    internal bool Has(string key, [NotNullWhen(true)] out PdfObject? value) => Entries.TryGetValue(key, out value);

    internal bool IsName(string key, string value) => this[key] is PdfName name && name.Value == value;

    /// <summary>The same with one entry set; the order of the others is kept.</summary>
    internal PdfDictionary With(string key, PdfObject value) => new(new Dictionary<string, PdfObject>(Entries) { [key] = value });

    internal override bool SameAs(PdfObject other) =>
        other is PdfDictionary dictionary && dictionary.Entries.Count == Entries.Count
        && Entries.All(entry => dictionary.Has(entry.Key, out PdfObject? value) && entry.Value.SameAs(value));
}

/// <summary>A stream; the data is still encoded.</summary>
internal sealed record PdfStream(PdfDictionary Dictionary, ReadOnlyMemory<byte> Data) : PdfObject
{
    internal override bool SameAs(PdfObject other) =>
        other is PdfStream stream && stream.Dictionary.SameAs(Dictionary) && stream.Data.Span.SequenceEqual(Data.Span);
}
