using Pechat.Testing;

namespace Pechat.Shared.Tests.AdES;

/// <summary>The files in samples/; where they come from stands in samples/README.md.</summary>
internal static class Samples
{
    internal static string[] Names { get; } = [.. Directory.GetFiles(Folder(), "*.pdf").Select(Path.GetFileName).Order(StringComparer.Ordinal)!];

    internal static string[] Signed { get; } = ["signed-classic.pdf", "signed-streams.pdf"];

    internal static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(Folder(), name));

    private static string Folder() => Repository.PathOf("tests", "Shared.Tests", "AdES", "samples");
}
