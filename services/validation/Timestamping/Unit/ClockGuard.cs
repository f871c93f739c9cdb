namespace Pechat.Timestamping.Unit;

/// <summary>
/// Notices when the clock was set: wall time must advance as the monotonic clock does (EN 319 421 §7.7.2). After a jump beyond the declared
/// accuracy nothing is stamped until the process is started again, which an operator does once the clock is right.
/// </summary>
internal sealed class ClockGuard(TimeProvider clock, TimestampingOptions options)
{
    private readonly Lock _gate = new();
    private DateTimeOffset _seen = clock.GetUtcNow();
    private long _at = clock.GetTimestamp();
    private bool _jumped;

    /// <summary>The time to stamp, cut to milliseconds; null when the clock cannot be trusted.</summary>
    internal DateTimeOffset? Now()
    {
        lock (_gate)
        {
            DateTimeOffset now = clock.GetUtcNow();
            long at = clock.GetTimestamp();
            TimeSpan difference = now - _seen - clock.GetElapsedTime(_at, at);
            if (difference.Duration() > options.Accuracy)
                _jumped = true;
            // The base moves on, so that slewing by a time daemon over days is no jump.
            (_seen, _at) = (now, at);
            return _jumped ? null : new DateTimeOffset(now.Ticks - (now.Ticks % TimeSpan.TicksPerMillisecond), TimeSpan.Zero);
        }
    }
}
