namespace Pechat.Hosting;

/// <summary>The configuration cannot be run with; the message lists every problem, one a line, and no value.</summary>
/// <param name="problems">What is wrong, each starting with the key.</param>
#pragma warning disable CA1032 // Without its problems the exception would say nothing.
public sealed class ConfigurationException(IReadOnlyList<string> problems)
    : Exception("The configuration is refused:" + string.Concat(problems.Select(p => Environment.NewLine + "  " + p)))
#pragma warning restore CA1032
{
    /// <summary>What is wrong, each starting with the key.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;
}
