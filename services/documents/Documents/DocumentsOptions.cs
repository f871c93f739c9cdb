using System.ComponentModel.DataAnnotations;

namespace Pechat.Documents;

/// <summary>Section <c>Documents</c> of the configuration.</summary>
internal sealed class DocumentsOptions
{
    /// <summary>How long signed files are kept, in calendar years (S1-21); the schema refuses less than ten.</summary>
    [Range(10, 100)]
    public int RetentionYears { get; init; } = 10;

    /// <summary>Bytes that one file may have.</summary>
    [Range(1024, 512 * 1024 * 1024)]
    public int MaxFileBytes { get; init; } = 128 * 1024 * 1024;
}
