using System.Diagnostics;

namespace Pechat.DevHost.MainJob;

/// <summary>A step of the main job did not come out as it must.</summary>
#pragma warning disable CA1032 // Without a message it would mean nothing, so the standard constructors are left out.
internal sealed class StepFailedException(string message) : Exception(message);
#pragma warning restore CA1032

/// <summary>Looking again until something is so.</summary>
internal static class Polling
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <exception cref="StepFailedException">It was not so in time.</exception>
    public static async Task<T> UntilAsync<T>(Func<Task<T>> look, Func<T, bool> good, TimeSpan patience, string complaint, CancellationToken ct)
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            T seen = await look();
            if (good(seen))
                return seen;
            if (Stopwatch.GetElapsedTime(started) > patience)
                throw new StepFailedException($"{complaint} within {patience.TotalSeconds:0} s; last seen: {seen}");
            await Task.Delay(Pause, ct);
        }
    }
}
