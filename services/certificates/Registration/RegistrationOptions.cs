using System.ComponentModel.DataAnnotations;

namespace Pechat.Registration;

/// <summary>Section <c>Registration</c>.</summary>
internal sealed class RegistrationOptions
{
    /// <summary>Certificate profile of the product <c>cloud-personal</c> at the CA.</summary>
    [Required]
    public string PersonalProfile { get; init; } = "personal-qualified";

    /// <summary>How often open requests are looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan IssueInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long one worker may take for one request before another takes it over; longer than the deadlines of two calls.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "00:10:00")]
    public TimeSpan ClaimLifetime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest pause between two attempts while a peer is down.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromMinutes(1);
}
