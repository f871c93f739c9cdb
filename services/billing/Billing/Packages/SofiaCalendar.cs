namespace Pechat.Billing.Packages;

/// <summary>Calendar periods in Bulgarian local time .</summary>
internal static class SofiaCalendar
{
    private static readonly TimeZoneInfo Sofia = TimeZoneInfo.FindSystemTimeZoneById("Europe/Sofia");

    /// <summary>The local day of an instant.</summary>
    internal static DateOnly DayOf(DateTimeOffset instant) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, Sofia).DateTime);

    /// <summary>The same local time that many months later, clamped at the end of the month; UTC.</summary>
    internal static DateTimeOffset AddMonths(DateTimeOffset start, int months)
    {
        DateTime local = TimeZoneInfo.ConvertTime(start, Sofia).DateTime.AddMonths(months);
        if (Sofia.IsInvalidTime(local))
            local = local.AddHours(1); // the hour that summer time skips
        return new DateTimeOffset(local, Sofia.GetUtcOffset(local)).ToUniversalTime();
    }
}
