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

    /// <summary>Name of the tamper-evident log in its checkpoints; must differ between deployments.</summary>
    [RegularExpression(@"[^\s+]{1,100}")]
    public string LogOrigin { get; init; } = "pechat/signature-activation";

    /// <summary>How often records get their place in the log.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan LogPeriod { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>RSA keys made ahead.</summary>
    public SpareKeyOptions SpareKeys { get; init; } = new();

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (string file in TrustedVerifiers.Where(file => !File.Exists(file)))
            yield return new($"names no readable file: {file}", [nameof(TrustedVerifiers)]);
    }
}
