namespace Pechat.AdES.Pades;

/// <summary>Where an object is.</summary>
internal enum PdfPlace
{
    /// <summary>The number is not in use.</summary>
    Free,

    /// <summary>In the file; <see cref="PdfEntry.First"/> is the offset, <see cref="PdfEntry.Second"/> the generation.</summary>
    File,

    /// <summary>In an object stream; <see cref="PdfEntry.First"/> is the stream's number, <see cref="PdfEntry.Second"/> the index.</summary>
    ObjectStream,
}

/// <summary>One entry of a cross-reference section.</summary>
internal readonly record struct PdfEntry(PdfPlace Place, int First, int Second);

/// <summary>Form of a cross-reference section; an update is written in the form of the newest one.</summary>
internal enum PdfSectionForm
{
    /// <summary>A table with a trailer.</summary>
    Table,

    /// <summary>A cross-reference stream.</summary>
    Stream,

    /// <summary>A table whose trailer points to a stream with further entries (ISO 32000-2 §7.5.8.4).</summary>
    Hybrid,
}

/// <summary>A cross-reference section with its trailer.</summary>
/// <param name="Form">How it is written.</param>
/// <param name="Trailer">Trailer dictionary.</param>
/// <param name="Entries">Entries by object number.</param>
/// <param name="End">Offset after the end-of-file marker that closes it, or after itself if nothing does.</param>
internal sealed record PdfSection(PdfSectionForm Form, PdfDictionary Trailer, IReadOnlyDictionary<int, PdfEntry> Entries, int End);
