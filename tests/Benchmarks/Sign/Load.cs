using System.Diagnostics;

namespace Pechat.Benchmarks.Sign;

/// <summary>What a load did.</summary>
/// <param name="Seconds">From the first request to the last answer.</param>
/// <param name="Requests">Requests answered as they must be.</param>
/// <param name="Errors">Requests answered otherwise, or not at all.</param>
/// <param name="FirstError">The first of them.</param>
/// <param name="Latencies">Seconds of every good answer, ascending.</param>
/// <param name="Samples">Some digests with their signatures.</param>
/// <param name="RanOut">Whether it ended early because all confirmed digests were used up.</param>
internal sealed record LoadFigures(
    double Seconds, int Requests, int Errors, string? FirstError, double[] Latencies, IReadOnlyList<(byte[] Digest, byte[] Signature)> Samples, bool RanOut)
{
    internal double RequestsPerSecond => Requests / Seconds;

    /// <summary>Seconds that this share of the requests did not exceed.</summary>
    internal double Percentile(double share) => Latencies.Length == 0 ? 0 : Latencies[Math.Min(Latencies.Length - 1, (int)(share * Latencies.Length))];
}

/// <summary>Sends requests over all connections at once.</summary>
internal sealed class Load(IReadOnlyList<Connection> connections, SignCase what, Supply supply)
{
    private const int SampleEvery = 64;

    private sealed class Tally
    {
        internal List<double> Latencies { get; } = [];
        internal List<(byte[] Digest, byte[] Signature)> Samples { get; } = [];
        internal int Errors { get; set; }
        internal string? FirstError { get; set; }
        internal bool RanOut { get; set; }
    }

    /// <summary>Each connection sends its next request as soon as the last one is answered.</summary>
    internal Task<LoadFigures> SaturateAsync(TimeSpan time, CancellationToken ct) => RunAsync(time, null, ct);

    /// <summary>Requests are due at a constant rate, whether or not the earlier ones are answered; time counts from when a request was due.</summary>
    internal Task<LoadFigures> AtRateAsync(double requestsPerSecond, TimeSpan time, CancellationToken ct) =>
        RunAsync(time, TimeSpan.FromSeconds(connections.Count / requestsPerSecond), ct);

    private async Task<LoadFigures> RunAsync(TimeSpan time, TimeSpan? interval, CancellationToken ct)
    {
        long origin = Stopwatch.GetTimestamp();
        Tally[] tallies = await Task.WhenAll(connections.Select((connection, number) => Task.Run(() => DriveAsync(connection, origin, time,
            interval is { } every ? turn => every * (turn + (double)number / connections.Count) : null, ct), ct)));
        double seconds = Stopwatch.GetElapsedTime(origin).TotalSeconds;
        double[] latencies = [.. tallies.SelectMany(tally => tally.Latencies).Order()];
        return new(seconds, latencies.Length, tallies.Sum(tally => tally.Errors), tallies.FirstOrDefault(tally => tally.FirstError is not null)?.FirstError,
            latencies, [.. tallies.SelectMany(tally => tally.Samples)], tallies.Any(tally => tally.RanOut));
    }

    /// <param name="connection">Used by nobody else meanwhile.</param>
    /// <param name="origin">Start of the load.</param>
    /// <param name="time">No request begins later than this after the start.</param>
    /// <param name="due">When the n-th request of this connection is due after the start; null: at once.</param>
    /// <param name="ct">Ends the load.</param>
    private async Task<Tally> DriveAsync(Connection connection, long origin, TimeSpan time, Func<int, TimeSpan>? due, CancellationToken ct)
    {
        var tally = new Tally();
        Authorisation? authorisation = null;
        for (int turn = 0; ; turn++)
        {
            TimeSpan begin = due?.Invoke(turn) ?? Stopwatch.GetElapsedTime(origin);
            if (begin > time)
                break;
            if (begin - Stopwatch.GetElapsedTime(origin) is { Ticks: > 0 } early)
                await Task.Delay(early, ct);
            if (authorisation is null || authorisation.Left < what.Digests)
                authorisation = supply.Next();
            if (authorisation is null)
            {
                tally.RanOut = true;
                break;
            }
            ArraySegment<byte[]> digests = authorisation.Take(what.Digests);
            try
            {
                ReadOnlyMemory<byte> answer = await connection.SignAsync(authorisation.Sad, digests, ct);
                tally.Latencies.Add((Stopwatch.GetElapsedTime(origin) - begin).TotalSeconds);
                if (tally.Latencies.Count % SampleEvery == 1)
                    tally.Samples.Add((digests[^1], Connection.Signature(answer, digests.Count - 1)));
            }
            catch (LoadException failure)
            {
                tally.Errors++;
                tally.FirstError ??= failure.Message;
            }
        }
        if (authorisation?.Left >= what.Digests)
            supply.Return(authorisation);
        return tally;
    }
}
