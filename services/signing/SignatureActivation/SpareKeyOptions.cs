using System.ComponentModel.DataAnnotations;
using Pechat.Contracts.SignatureActivation.V1;

namespace Pechat.SignatureActivation;

/// <summary>Section <c>SignatureActivation:SpareKeys</c>: RSA keys made ahead, because making one takes seconds.</summary>
internal sealed class SpareKeyOptions
{
    /// <summary>How often the pools are looked after.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Period { get; init; } = TimeSpan.FromSeconds(30);

    public SpareKeyLevel Rsa2048 { get; init; } = new() { LowWater = 4, Target = 8 };

    public SpareKeyLevel Rsa3072 { get; init; } = new() { LowWater = 2, Target = 4 };

    public SpareKeyLevel Rsa4096 { get; init; } = new() { LowWater = 1, Target = 2 };

    internal (KeyAlgorithm, SpareKeyLevel)[] Levels => [(KeyAlgorithm.Rsa2048, Rsa2048), (KeyAlgorithm.Rsa3072, Rsa3072), (KeyAlgorithm.Rsa4096, Rsa4096)];
}

/// <summary>How many keys of an algorithm are kept.</summary>
internal sealed class SpareKeyLevel : IValidatableObject
{
    /// <summary>Below this the pool is filled; 0: none are made ahead.</summary>
    [Range(0, 100_000)]
    public int LowWater { get; init; }

    /// <summary>Up to how many.</summary>
    [Range(0, 100_000)]
    public int Target { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Target < LowWater)
            yield return new("must not be below LowWater", [nameof(Target)]);
    }
}
