using System.ComponentModel.DataAnnotations;

namespace Pechat.Portal;

/// <summary>Section <c>Portal</c>.</summary>
internal sealed class PortalOptions : IValidatableObject
{
    /// <summary>OAuth client id of the portal at Identity.</summary>
    [Required]
    public string ClientId { get; init; } = "portal";

    /// <summary>File with the client secret; surrounding white space is ignored.</summary>
    [Required]
    public string ClientSecretFile { get; init; } = "";

    /// <summary>Public address of the authenticator, where a new customer begins; without a trailing slash.</summary>
    [Required, Url]
    public string AuthenticatorBase { get; init; } = "https://localhost:18444";

    /// <summary>How long a session lasts.</summary>
    [Range(typeof(TimeSpan), "00:05:00", "1.00:00:00")]
    public TimeSpan SessionLifetime { get; init; } = TimeSpan.FromMinutes(55);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!File.Exists(ClientSecretFile))
            yield return new("names no readable file", [nameof(ClientSecretFile)]);
    }
}
