using System.ComponentModel.DataAnnotations;

namespace Pechat.CertificateAuthority;

/// <summary>Section <c>CertificateAuthority</c>.</summary>
internal sealed class CertificateAuthorityOptions : IValidatableObject
{
    /// <summary>Plain-HTTP address of the gateway that stands in certificates: <c>/ocsp</c>, <c>/crl/…</c>, <c>/ca/…</c> are below it. No trailing slash.</summary>
    [Required]
    public string PublicBase { get; init; } = "http://localhost:18080";

    /// <summary>Directory with further profiles, one YAML file each; null for the built-in ones only.</summary>
    public string? ProfileDirectory { get; init; }

    /// <summary>From thisUpdate to nextUpdate of an OCSP response.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan OcspLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Most certificates that one OCSP request may ask about.</summary>
    [Range(1, 100)]
    public int MaxOcspEntries { get; init; } = 16;

    /// <summary>A CRL older than this is followed by a new one when asked for, changed or not.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan CrlRefresh { get; init; } = TimeSpan.FromHours(3);

    /// <summary>From thisUpdate to nextUpdate of a CRL (EN 319 411-2: at most a day).</summary>
    [Range(typeof(TimeSpan), "00:02:00", "1.00:00:00")]
    public TimeSpan CrlLifetime { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How long a delegated OCSP responder's certificate is valid; it cannot be revoked.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "90.00:00:00")]
    public TimeSpan ResponderLifetime { get; init; } = TimeSpan.FromDays(30);

    /// <summary>URL of the OCSP service.</summary>
    internal string OcspUrl => PublicBase + "/ocsp";

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Uri.TryCreate(PublicBase, UriKind.Absolute, out Uri? uri) || uri.Scheme != Uri.UriSchemeHttp || PublicBase.EndsWith('/'))
            yield return new("must be an http URL without a trailing slash: https would need the status it gives", [nameof(PublicBase)]);
        if (ProfileDirectory is not null && !Directory.Exists(ProfileDirectory))
            yield return new("names no directory", [nameof(ProfileDirectory)]);
        if (CrlRefresh >= CrlLifetime)
            yield return new("must be shorter than CrlLifetime", [nameof(CrlRefresh)]);
        if (OcspLifetime >= ResponderLifetime)
            yield return new("must be shorter than ResponderLifetime", [nameof(OcspLifetime)]);
    }

    /// <summary>URL of an authority's CRL.</summary>
    internal string CrlUrl(string authority) => $"{PublicBase}/crl/{authority}.crl";

    /// <summary>URL of an authority's certificate.</summary>
    internal string IssuerUrl(string authority) => $"{PublicBase}/ca/{authority}.cer";
}
