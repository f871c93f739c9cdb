using System.Diagnostics;
using System.Globalization;
using Pechat.DevHost;

namespace Pechat.Benchmarks.Sign;

/// <summary>Where the processors' time goes: seconds that each programme of the house has used so far, and this one (<c>client</c>).</summary>
internal static class ProcessorUse
{
    private const double TicksPerSecond = 100; // USER_HZ, the unit of proc(5)

    internal static Dictionary<string, double> Read(Layout layout)
    {
        // Every programme runs in a session of its own, so the session tells whose a process is; PostgreSQL's children make sessions of their own.
        Dictionary<string, string> names = Directory.GetFiles(layout.Processes)
            .ToDictionary(file => File.ReadAllText(file).Split(' ')[0], file => Path.GetFileName(file));
        var seconds = new Dictionary<string, double> { ["client"] = Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds };
        foreach (string directory in Directory.GetDirectories("/proc"))
        {
            if (!char.IsAsciiDigit(Path.GetFileName(directory)[0]))
                continue;
            try
            {
                string stat = File.ReadAllText(Path.Combine(directory, "stat"));
                string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' '); // from field 3 on
                if (names.TryGetValue(fields[3], out string? name) || names.TryGetValue(fields[1], out name))
                    seconds[name] = seconds.GetValueOrDefault(name) + (Ticks(fields[11]) + Ticks(fields[12])) / TicksPerSecond;
            }
            catch (Exception ended) when (ended is IOException or UnauthorizedAccessException)
            {
                continue; // it ended while we looked
            }
        }
        return seconds;
    }

    /// <summary>Microseconds for each request, the largest first; what rounds to nothing is left out.</summary>
    internal static Dictionary<string, int> PerRequest(Dictionary<string, double> before, Dictionary<string, double> after, int requests) =>
        after.Select(pair => (pair.Key, Micros: (int)Math.Round((pair.Value - before.GetValueOrDefault(pair.Key)) * 1e6 / Math.Max(1, requests))))
            .Where(pair => pair.Micros > 0).OrderByDescending(pair => pair.Micros).ToDictionary(pair => pair.Key, pair => pair.Micros);

    private static double Ticks(string field) => double.Parse(field, CultureInfo.InvariantCulture);
}
