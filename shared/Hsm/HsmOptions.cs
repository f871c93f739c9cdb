using System.ComponentModel.DataAnnotations;

namespace Pechat.Hsm;

/// <summary>Section <c>Hsm</c>: the token of a key holder.</summary>
public sealed class HsmOptions : IValidatableObject
{
    /// <summary>Path of the PKCS#11 library.</summary>
    [Required]
    public string Library { get; init; } = "/usr/lib/softhsm/libsofthsm2.so";

    /// <summary>CKA_LABEL of the token.</summary>
    [Required]
    public string TokenLabel { get; init; } = "";

    /// <summary>File with the user PIN; surrounding white space is ignored.</summary>
    [Required]
    public string PinFile { get; init; } = "";

    /// <summary>Sessions to open, and so the number of calls under way at once.</summary>
    [Range(1, 256)]
    public int Sessions { get; init; } = 8;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!File.Exists(Library))
            yield return new("names no PKCS#11 library", [nameof(Library)]);
        if (!File.Exists(PinFile))
            yield return new("names no readable file", [nameof(PinFile)]);
    }
}
