using System.ComponentModel.DataAnnotations;

namespace Pechat.Gateway;

/// <summary>Section <c>Gateway</c>.</summary>
internal sealed class GatewayOptions : IValidatableObject
{
    /// <summary>IP address that the doors bind to.</summary>
    [Required]
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>Port of the public door, TLS.</summary>
    [Range(1, 65535)]
    public int PublicPort { get; init; } = 18443;

    /// <summary>Port of the authenticator's door, TLS; an origin of its own.</summary>
    [Range(1, 65535)]
    public int AuthenticatorPort { get; init; } = 18444;

    /// <summary>Port of plain HTTP for OCSP, CRL, CA certificates and time stamps.</summary>
    [Range(1, 65535)]
    public int PlainPort { get; init; } = 18080;

    /// <summary>PEM file with the server certificate of the TLS doors, chain included.</summary>
    [Required]
    public string CertificateFile { get; init; } = "";

    /// <summary>PEM file with the key of <see cref="CertificateFile"/>.</summary>
    [Required]
    public string KeyFile { get; init; } = "";

    /// <summary>Hosts of the authenticator where all doors share a port (behind a load balancer), e.g. <c>phone.sign.example</c>; empty when ports tell.</summary>
    public IReadOnlyList<string> AuthenticatorHosts { get; init; } = [];

    /// <summary>Rate limit of a surface by its name; <c>default</c> is for the rest.</summary>
    public Dictionary<string, RateLimit> RateLimits { get; init; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!System.Net.IPAddress.TryParse(Address, out _))
            yield return new("is no IP address", [nameof(Address)]);
        foreach ((string name, string file) in new[] { (nameof(CertificateFile), CertificateFile), (nameof(KeyFile), KeyFile) })
        {
            if (!File.Exists(file))
                yield return new("names no readable file", [name]);
        }
        foreach (string unknown in RateLimits.Keys.Except([.. Surface.All.Select(s => s.Name), RateLimit.DefaultName]))
            yield return new($"names no surface: {unknown}", [nameof(RateLimits)]);
    }
}

/// <summary>A token bucket per client address.</summary>
internal sealed class RateLimit
{
    internal const string DefaultName = "default";

    /// <summary>Requests per second in the long run.</summary>
    [Range(1, 1_000_000)]
    public int PerSecond { get; init; } = 100;

    /// <summary>Requests that may come at once.</summary>
    [Range(1, 1_000_000)]
    public int Burst { get; init; } = 200;
}
