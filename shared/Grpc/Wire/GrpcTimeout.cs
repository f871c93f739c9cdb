using System.Globalization;

namespace Grpc.Core.Wire;

/// <summary>The <c>grpc-timeout</c> header: at most eight digits and a unit.</summary>
internal static class GrpcTimeout
{
    private const int MaxDigits = 8;
    private const long MaxValue = 99_999_999;

    /// <summary>Reads a timeout; a value past what a <see cref="TimeSpan"/> holds becomes its maximum.</summary>
    internal static bool TryParse(ReadOnlySpan<char> text, out TimeSpan timeout)
    {
        timeout = default;
        if (text.Length is < 2 or > MaxDigits + 1
            || !long.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out long value))
            return false;
        long ticksPerUnit = text[^1] switch
        {
            'H' => TimeSpan.TicksPerHour,
            'M' => TimeSpan.TicksPerMinute,
            'S' => TimeSpan.TicksPerSecond,
            'm' => TimeSpan.TicksPerMillisecond,
            'u' => TimeSpan.TicksPerMicrosecond,
            'n' => 0,
            _ => -1,
        };
        if (ticksPerUnit < 0)
            return false;
        // 99 999 999 hours are 3.6e18 ticks and fit.
        timeout = new TimeSpan(text[^1] == 'n' ? value / TimeSpan.NanosecondsPerTick : value * ticksPerUnit);
        return true;
    }

    /// <summary>Writes a timeout in the finest unit that fits.</summary>
    internal static string Format(TimeSpan timeout)
    {
        long ticks = Math.Max(timeout.Ticks, TimeSpan.TicksPerMicrosecond);
        return (ticks / TimeSpan.TicksPerMicrosecond) is <= MaxValue and var micro ? Join(micro, 'u')
            : (ticks / TimeSpan.TicksPerMillisecond) is <= MaxValue and var milli ? Join(milli, 'm')
            : (ticks / TimeSpan.TicksPerSecond) is <= MaxValue and var seconds ? Join(seconds, 'S')
            : Join(Math.Min(ticks / TimeSpan.TicksPerHour, MaxValue), 'H');
    }

    private static string Join(long value, char unit) => string.Create(CultureInfo.InvariantCulture, $"{value}{unit}");
}
