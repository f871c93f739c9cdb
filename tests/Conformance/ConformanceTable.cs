using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Text;
using NUnit.Framework.Interfaces;

namespace Pechat.Conformance.Tests;

/// <summary>What became of every statement: <c>| number | statement | pass |</c>. A statement that no test judged never counts as passed.</summary>
internal static class ConformanceTable
{
    private static readonly ConcurrentDictionary<int, List<(TestStatus Status, string Message)>> Outcomes = new();

    /// <summary>Number, section and text.</summary>
    internal static IReadOnlyList<(int Number, string Section, string Text)> Statements { get; } = Read();

    /// <summary>Whether every test of the suite ran, so that the table speaks for the server.</summary>
    internal static bool IsComplete => typeof(ConformanceTable).Assembly.GetTypes().SelectMany(type => type.GetMethods(BindingFlags.Instance | BindingFlags.Public))
        .SelectMany(method => method.GetCustomAttributes<StatementAttribute>()).All(statement => Outcomes.ContainsKey(statement.Number));

    internal static void Record(int number, TestStatus status, string message)
    {
        List<(TestStatus, string)> all = Outcomes.GetOrAdd(number, _ => []);
        lock (all)
            all.Add((status, message));
    }

    /// <summary>The table as Markdown.</summary>
    /// <param name="server">What was tested.</param>
    internal static string Render(string server)
    {
        string[] verdicts = [.. Statements.Select(statement => VerdictOf(statement.Number))];
        var text = new StringBuilder();
        text.Append("# Conformance to the CSC API\n\n")
            .Append(CultureInfo.InvariantCulture, $"{server}: {verdicts.Count(verdict => verdict == "pass")} of {Statements.Count} statements pass.\n")
            .Append("Written by `tests/Conformance` from what its tests found; a statement that needs what this server does not offer says so and does not count as passed.\n")
            .Append("X1 … B1 are the credentials of the checklist; where a statement names factors that are typed into an application, see docs/decisions/0005.\n");
        string section = "";
        foreach (((int number, string heading, string statement), string verdict) in Statements.Zip(verdicts))
        {
            if (heading != section)
                text.Append(CultureInfo.InvariantCulture, $"\n## {section = heading}\n\n| number | statement | pass |\n|---|---|---|\n");
            text.Append(CultureInfo.InvariantCulture, $"| {number} | {Cell(statement)} | {Cell(verdict)} |\n");
        }
        return text.ToString();
    }

    private static string VerdictOf(int number)
    {
        if (!Outcomes.TryGetValue(number, out List<(TestStatus Status, string Message)>? all))
            return NotOffered.Reasons.TryGetValue(number, out string? reason) ? reason : "not tested";
        if (all.Exists(each => each.Status == TestStatus.Failed))
            return "fail";
        (TestStatus status, string message) = all.Find(each => each.Status != TestStatus.Passed) is { Message: not null } other ? other : all[0];
        string skipped = status == TestStatus.Passed ? "pass" : $"not run: {message.Split('\n')[0]}";
        return skipped == "pass" && NotOffered.Parts.TryGetValue(number, out string? part) ? $"in part: {part}" : skipped;
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static List<(int, string, string)> Read()
    {
        using var reader = new StreamReader(typeof(ConformanceTable).Assembly.GetManifestResourceStream("statements.txt")!);
        var statements = new List<(int, string, string)>();
        while (reader.ReadLine() is { } line)
        {
            string[] parts = line.Split('|', 3);
            statements.Add((int.Parse(parts[0], CultureInfo.InvariantCulture), parts[1], parts[2]));
        }
        return statements;
    }
}
