using System.ComponentModel.DataAnnotations;

namespace Pechat.SignatureActivation;

/// <summary>Section <c>SignatureActivation</c>.</summary>
internal sealed class SignatureActivationOptions : IValidatableObject
{
    /// <summary>Files with the public keys of identity verifiers whose assertions enrol devices: PEM (SubjectPublicKeyInfo) or JWK, P-256.</summary>
    [Required, MinLength(1)]
    public IReadOnlyList<string> TrustedVerifiers { get; init; } = [];

    /// <summary>How many users' keys stay unwrapped in the HSM at once.</summary>
    [Range(1, 100_000)]
    public int KeyCacheCapacity { get; init; } = 500;

    /// <summary>RSA keys made ahead.</summary>
    public SpareKeyOptions SpareKeys { get; init; } = new();

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (string file in TrustedVerifiers.Where(file => !File.Exists(file)))
            yield return new($"names no readable file: {file}", [nameof(TrustedVerifiers)]);
    }
}
