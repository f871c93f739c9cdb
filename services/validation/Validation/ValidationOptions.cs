using System.ComponentModel.DataAnnotations;

namespace Pechat.Validation;

/// <summary>Section <c>Validation</c>.</summary>
internal sealed class ValidationOptions : IValidatableObject
{
    /// <summary>PEM files with the certificates that are trusted for themselves; at least one.</summary>
    public IReadOnlyList<string> TrustAnchors { get; init; } = [];

    /// <summary>PEM files with certificates that help to build paths and are not trusted.</summary>
    public IReadOnlyList<string> Intermediates { get; init; } = [];

    /// <summary>Hosts that may be asked for OCSP and CRLs, as <c>host</c> or <c>host:port</c>; a certificate that names another is judged without.</summary>
    public IReadOnlyList<string> RevocationHosts { get; init; } = [];

    /// <summary>Longest document in bytes.</summary>
    [Range(1024, 256 * 1024 * 1024)]
    public int MaxDocumentBytes { get; init; } = 50 * 1024 * 1024;

    /// <summary>Validations at the same time; more are refused with 429.</summary>
    [Range(1, 64)]
    public int MaxConcurrent { get; init; } = 4;

    /// <summary>How long one OCSP response or CRL may take.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:30")]
    public TimeSpan FetchTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Largest CRL or OCSP response in bytes.</summary>
    [Range(1024, 64 * 1024 * 1024)]
    public int MaxFetchedBytes { get; init; } = 10 * 1024 * 1024;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (TrustAnchors.Count == 0)
            yield return new("names no file, so that nothing could ever be valid", [nameof(TrustAnchors)]);
        foreach (string file in TrustAnchors.Concat(Intermediates).Where(each => !File.Exists(each)))
            yield return new($"names no readable file: {file}", [nameof(TrustAnchors)]);
    }
}
