using System.Diagnostics.CodeAnalysis;

namespace Pechat.AdES.Pades;

/// <summary>Reads the data of a stream (ISO 32000-2 §7.3.8).</summary>
internal static class PdfStreams
{
    /// <summary>Takes the stream after its dictionary, if there is one.</summary>
    /// <param name="parser">Stands after the dictionary.</param>
    /// <param name="data">The file.</param>
    /// <param name="dictionary">Stream dictionary.</param>
    /// <param name="resolve">Looks up an indirect length.</param>
    /// <param name="stream">The stream.</param>
    internal static bool TryRead(
        PdfParser parser, ReadOnlyMemory<byte> data, PdfDictionary dictionary, Func<PdfObject, PdfObject> resolve, [NotNullWhen(true)] out PdfStream? stream)
    {
        stream = null;
        if (!parser.TryKeyword("stream"))
            return false;
        int start = parser.Position;
        ReadOnlySpan<byte> span = data.Span;
        start += span[start..].StartsWith("\r\n"u8) ? 2 : span[start..].StartsWith("\n"u8) ? 1 : throw parser.Broken("a stream does not begin on a new line");
        if (!dictionary.Has("Length", out PdfObject? declared) || resolve(declared) is not PdfInteger { Value: >= 0 } length || length.Value > data.Length - start)
            throw parser.Broken("a stream has no length in range");
        int end = start + (int)length.Value;
        var after = new PdfParser(data, end);
        after.Keyword("endstream");
        parser.MoveTo(after.Position);
        stream = new PdfStream(dictionary, data[start..end]);
        return true;
    }
}
