using System.ComponentModel.DataAnnotations;

namespace Pechat.Billing;

/// <summary>Section Billing.</summary>
internal sealed class BillingOptions
{
    /// <summary>Last day on which consumer prices are shown in levs as well .</summary>
    public DateOnly DualDisplayUntil { get; init; } = new(2026, 12, 31);

    /// <summary>How often reservations past their end are looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan LapseInterval { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How often customers whose free year has ended are looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan RenewalInterval { get; init; } = TimeSpan.FromHours(1);
}
