namespace Pechat.Testing;

/// <summary>The system's clock, moved by what a test asks for. Timers and delays still take real time. Thread-safe.</summary>
public sealed class TestClock : TimeProvider
{
    private long _offset;

    /// <summary>Moves the clock.</summary>
    public void Advance(TimeSpan by) => Interlocked.Add(ref _offset, by.Ticks);

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _offset));

    /// <inheritdoc/>
    public override long GetTimestamp() => base.GetTimestamp() + (long)(Interlocked.Read(ref _offset) * ((double)TimestampFrequency / TimeSpan.TicksPerSecond));
}
