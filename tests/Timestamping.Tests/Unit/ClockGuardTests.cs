using Pechat.Timestamping.Unit;

namespace Pechat.Timestamping.Tests.Unit;

/// <summary>A clock that was set is not stamped with (EN 319 421 §7.7.2).</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ClockGuardTests
{
    private sealed class SettableClock : TimeProvider
    {
        internal DateTimeOffset Wall { get; set; } = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        internal TimeSpan Running { get; set; }
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;
        public override DateTimeOffset GetUtcNow() => Wall;
        public override long GetTimestamp() => Running.Ticks;

        internal void Pass(TimeSpan time, TimeSpan drift = default)
        {
            Running += time;
            Wall += time + drift;
        }
    }

    private readonly SettableClock _clock = new();

    [Test]
    public void Time_is_cut_to_milliseconds()
    {
        var guard = new ClockGuard(_clock, new TimestampingOptions());
        _clock.Pass(TimeSpan.FromTicks(12_345_678));
        Assert.That(guard.Now(), Is.EqualTo(new DateTimeOffset(2026, 1, 2, 3, 4, 6, 234, TimeSpan.Zero)));
    }

    [TestCase(1.5)]
    [TestCase(-1.5)]
    public void After_a_jump_there_is_no_time_any_more(double seconds)
    {
        var guard = new ClockGuard(_clock, new TimestampingOptions());
        _clock.Pass(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(seconds));
        Assert.That(guard.Now(), Is.Null);
        _clock.Pass(TimeSpan.FromSeconds(10));
        Assert.That(guard.Now(), Is.Null, "the operator decides, not the next request");
    }

    [Test]
    public void Slow_correction_by_a_time_daemon_is_no_jump()
    {
        var guard = new ClockGuard(_clock, new TimestampingOptions());
        for (int minute = 0; minute < 600; minute++)
        {
            _clock.Pass(TimeSpan.FromMinutes(1), TimeSpan.FromMilliseconds(30)); // 500 ppm, what slewing does at most
            Assert.That(guard.Now(), Is.Not.Null);
        }
    }
}
