using System.ComponentModel.DataAnnotations;

namespace Pechat.Hosting;

/// <summary>Section <c>Hosting</c>: where a service listens and who it is towards its peers.</summary>
public sealed class HostingOptions : IValidatableObject
{
    /// <summary>IP address that both listeners bind to.</summary>
    [Required]
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>Port of mutual TLS for gRPC and for REST from the gateway; 0 leaves this listener out.</summary>
    [Range(0, 65535)]
    public int Port { get; init; }

    /// <summary>Port of plain HTTP for <c>/health/live</c> and <c>/health/ready</c>, and nothing else; 0 leaves it out.</summary>
    [Range(0, 65535)]
    public int HealthPort { get; init; }

    /// <summary>PEM file with the service's certificate, whose subjectAltName carries <c>spiffe://pechat/&lt;service&gt;</c>.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>PEM file with the private key of <see cref="CertificateFile"/>.</summary>
    public string? KeyFile { get; init; }

    /// <summary>PEM file with the certificates of the internal CA; several while it is being replaced.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>The public address of the system, without a trailing slash, e.g. <c>https://sign.example</c>.</summary>
    public string? PublicBase { get; init; }

    /// <summary>OTLP endpoint for traces and metrics; without it none are collected.</summary>
    public string? OtlpEndpoint { get; init; }

    /// <summary>Peers that may call REST routes over mutual TLS, unless a route says otherwise; <c>gateway</c> when not set.</summary>
    public IReadOnlyList<string>? RestCallers { get; init; }

    /// <summary>Largest request body in bytes; gRPC has its own limit per message.</summary>
    [Range(1024, 256 * 1024 * 1024)]
    public long MaxBodyBytes { get; init; } = 1024 * 1024;

    /// <summary>How long running requests may take to finish after the order to stop.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!System.Net.IPAddress.TryParse(Address, out _))
            yield return new("is no IP address", [nameof(Address)]);
        if (Port != 0)
        {
            foreach ((string name, string? file) in new[]
                { (nameof(CertificateFile), CertificateFile), (nameof(KeyFile), KeyFile), (nameof(AuthorityFile), AuthorityFile) })
            {
                if (!File.Exists(file))
                    yield return new("names no readable file, which mutual TLS needs", [name]);
            }
        }
        if (PublicBase is not null && (!Uri.TryCreate(PublicBase, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("https" or "http") || PublicBase.EndsWith('/')))
            yield return new("must be an absolute http(s) URL without a trailing slash", [nameof(PublicBase)]);
        if (!string.IsNullOrEmpty(OtlpEndpoint) && !Uri.TryCreate(OtlpEndpoint, UriKind.Absolute, out _))
            yield return new("must be an absolute URL", [nameof(OtlpEndpoint)]);
    }
}
