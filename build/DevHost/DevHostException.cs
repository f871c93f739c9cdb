namespace Pechat.DevHost;

/// <summary>A failure that a developer can act on.</summary>
/// <param name="what">What failed, naming the service.</param>
/// <param name="nextStep">What to do about it.</param>
/// <param name="log">The log file that says more, if there is one.</param>
/// <param name="inner">What led to it.</param>
#pragma warning disable CA1032 // A failure without a next step would be of no use, so the standard constructors are left out.
public sealed class DevHostException(string what, string nextStep, string? log = null, Exception? inner = null) : Exception(what, inner)
#pragma warning restore CA1032
{
    public string NextStep { get; } = nextStep;

    public string? Log { get; } = log;

    /// <summary>The cause is usually on the screen already: the log from its last unhandled exception on, or its last lines.</summary>
    public IEnumerable<string> LogTail
    {
        get
        {
            if (Log is null || !File.Exists(Log))
                return [];
            string[] lines = File.ReadAllLines(Log);
            int crash = Array.FindLastIndex(lines, line => line.StartsWith("Unhandled exception", StringComparison.Ordinal));
            return crash >= 0 && crash > lines.Length - 60 ? lines[crash..].Take(LinesShown) : lines.TakeLast(LinesShown);
        }
    }

    private const int LinesShown = 12;
}
