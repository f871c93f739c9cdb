using System.Runtime.InteropServices;

namespace Pechat.Benchmarks;

/// <summary>What figures were taken on.</summary>
internal sealed record Machine(string Processor, int Cores, string System, string Runtime)
{
    public static Machine Current { get; } = new(
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "unknown",
        Environment.ProcessorCount, RuntimeInformation.OSDescription, RuntimeInformation.FrameworkDescription);
}
