using System.ComponentModel.DataAnnotations;

namespace Pechat.Timestamping;

/// <summary>Section <c>Timestamping</c>.</summary>
internal sealed class TimestampingOptions : IValidatableObject
{
    /// <summary>Label of the TSU's key pair in the token.</summary>
    [Required]
    public string KeyLabel { get; init; } = "tsu-1";

    /// <summary>PEM file with the TSU certificate, which the CA issued for the request that <c>init</c> wrote.</summary>
    [Required]
    public string CertificateFile { get; init; } = "";

    /// <summary>PEM file with the CA certificates to carry in tokens beside the TSU's, issuing CA first; the root is left out.</summary>
    public string? ChainFile { get; init; }

    /// <summary>File into which <c>init</c> writes the certificate request, PEM.</summary>
    public string? RequestFile { get; init; }

    /// <summary>Policy of the tokens, dotted; the default is the best-practices policy of EN 319 421.</summary>
    [Required]
    public string Policy { get; init; } = "0.4.0.2023.1.1";

    /// <summary>Whether tokens declare themselves qualified (EN 319 422 §9.1); only for a service in the trusted list.</summary>
    public bool Qualified { get; init; }

    /// <summary>Declared accuracy; the clock may jump by no more (EN 319 421 §7.7.2: one second or better).</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:01")]
    public TimeSpan Accuracy { get; init; } = TimeSpan.FromSeconds(1);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Policy.Split('.') is { Length: < 2 } || !Policy.All(c => char.IsAsciiDigit(c) || c == '.'))
            yield return new("is no dotted object identifier", [nameof(Policy)]);
    }
}
