using System.ComponentModel.DataAnnotations;

namespace Pechat.CertificateStatus;

/// <summary>Section <c>CertificateStatus</c>.</summary>
internal sealed class CertificateStatusOptions
{
    /// <summary>An OCSP response older than this is asked for again; also the longest that HTTP caches may keep one.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "12:00:00")]
    public TimeSpan OcspAge { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A CRL fetched longer ago than this is asked for again; also the longest that HTTP caches may keep one.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "12:00:00")]
    public TimeSpan CrlAge { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Most OCSP responses to keep.</summary>
    [Range(100, 10_000_000)]
    public int MaxResponses { get; init; } = 1_000_000;

    /// <summary>How many answers may be asked of the CA at once; further requests wait a moment and then are told to try later.</summary>
    [Range(1, 1000)]
    public int MaxConcurrentSigning { get; init; } = 32;

    /// <summary>How long a request waits for its turn.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:30")]
    public TimeSpan SigningQueueDeadline { get; init; } = TimeSpan.FromSeconds(2);
}
