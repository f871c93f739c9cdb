using System.Text.RegularExpressions;
using Pechat.Testing;

namespace Pechat.SystemTests.DevHost;

/// <summary>README.md as a test reads it.</summary>
internal static partial class Readme
{
    public static string Text { get; } = File.ReadAllText(Repository.PathOf("README.md"));

    /// <summary>Every command, in the order of the text: the lines of shell blocks, and what is called in the text itself.</summary>
    public static string[] Commands { get; } =
        [.. Command().Matches(Text).SelectMany(match => match.Groups["block"].Success
            ? match.Groups["block"].Value.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            : [match.Groups["inline"].Value])];

    /// <summary>Targets of links that are no web address.</summary>
    public static string[] Links { get; } = [.. Link().Matches(Text).Select(match => match.Groups[1].Value).Where(target => !target.Contains("://", StringComparison.Ordinal))];

    /// <summary>Addresses of the running house.</summary>
    public static Uri[] Addresses { get; } = [.. Address().Matches(Text).Select(match => new Uri(match.Value)).Distinct()];

    /// <summary>Paths named in the text.</summary>
    public static string[] Paths { get; } = [.. NamedPath().Matches(Text).Select(match => match.Groups[1].Value).Distinct()];

    [GeneratedRegex(@"^```(?:sh|bash|shell|console)\n(?<block>.*?)^```|`(?<inline>build/[^`\n]+)`", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Command();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"https?://localhost:\d+[^\s`'""|)]*")]
    private static partial Regex Address();

    [GeneratedRegex(@"`((?:\.run|charts|k8s|services|shared|tests|docs|build)/[\w./-]*)`")]
    private static partial Regex NamedPath();
}
