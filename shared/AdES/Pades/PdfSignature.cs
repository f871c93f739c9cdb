using System.Security.Cryptography;
using Pechat.Pki;

namespace Pechat.AdES.Pades;

/// <summary>How much of the file a signature covers.</summary>
public enum SignatureCoverage
{
    /// <summary>Neither the file nor one of its revisions.</summary>
    Unclear,

    /// <summary>A whole earlier revision; more was appended later.</summary>
    WholeRevision,

    /// <summary>Everything.</summary>
    WholeFile,
}

/// <summary>What was done to the file after a signature, the gravest last.</summary>
public enum LaterChanges
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Validation data, document time stamps or metadata.</summary>
    LongTermMaterial,

    /// <summary>Further signatures.</summary>
    Signing,

    /// <summary>Form fields got other values.</summary>
    FormFilling,

    /// <summary>Annotations or form fields were added or changed.</summary>
    Annotations,

    /// <summary>Anything else, above all what a page shows.</summary>
    Other,
}

/// <summary>A signature as found in a PDF, with the structural checks of EN 319 142-1 and of the known attacks; nothing cryptographic is judged here.</summary>
public sealed record PdfSignature
{
    private readonly ReadOnlyMemory<byte> _file;

    internal PdfSignature(ReadOnlyMemory<byte> file) => _file = file;

    /// <summary>Full name of the field.</summary>
    public required string FieldName { get; init; }

    /// <summary>/SubFilter without slash; empty when absent.</summary>
    public required string SubFilter { get; init; }

    /// <summary>True for a document time stamp.</summary>
    public bool IsDocumentTimestamp => SubFilter == "ETSI.RFC3161";

    /// <summary>/ByteRange; empty when it is no array of four numbers in range.</summary>
    public required IReadOnlyList<int> ByteRange { get; init; }

    /// <summary>DER inside /Contents without its padding; empty when there is none.</summary>
    public required ReadOnlyMemory<byte> Cms { get; init; }

    /// <summary>/M as claimed; null when absent or malformed.</summary>
    public DateTimeOffset? ClaimedTime { get; init; }

    /// <summary>/Reason; null when absent.</summary>
    public string? Reason { get; init; }

    /// <summary>/Location; null when absent.</summary>
    public string? Location { get; init; }

    /// <summary>Why the signature is structurally unsound; any entry means a format failure.</summary>
    public required IReadOnlyList<string> Defects { get; init; }

    /// <summary>How much it covers.</summary>
    public required SignatureCoverage Coverage { get; init; }

    /// <summary>What came after it.</summary>
    public required LaterChanges Changes { get; init; }

    /// <summary>Whether certification and locks allow what came after it.</summary>
    public required bool AreChangesPermitted { get; init; }

    /// <summary>What came after it, in words for an expert.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Hash of the octets that /ByteRange names.</summary>
    /// <param name="digest">Digest algorithm.</param>
    /// <exception cref="InvalidOperationException">The byte range is not sound, see <see cref="Defects"/>.</exception>
    public byte[] Hash(DigestAlgorithm digest)
    {
        if (ByteRange is not [var first, var length, var second, var rest])
            throw new InvalidOperationException("There is no byte range.");
        using var hash = IncrementalHash.CreateHash(digest.Name);
        hash.AppendData(_file.Span.Slice(first, length));
        hash.AppendData(_file.Span.Slice(second, rest));
        return hash.GetHashAndReset();
    }
}
