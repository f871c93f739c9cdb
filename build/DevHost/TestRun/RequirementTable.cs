using System.Text;

namespace Pechat.DevHost.TestRun;

/// <summary><c>docs/requirements.md</c>: which rows of the requirements a passing test proves.</summary>
internal static class RequirementTable
{
    private const string Heading = """
        # Requirements

        Written by `build/test` from the tests marked `[Requirement("…")]`. A row is met when every test marked with it passes.

        | Row | State | Test |
        |---|---|---|

        """;

    /// <summary>Writes the table, or in CI checks that it claims no row that is not met.</summary>
    /// <returns>False when the table claims too much, or a mark names a row that does not exist.</returns>
    public static bool Update(Layout layout, IEnumerable<ProjectResult> results, bool onlyCheck)
    {
        string file = Path.Combine(layout.Root, "docs", "requirements.md");
        string[] rows = Rows();
        ILookup<string, MarkedTest> marks = results.SelectMany(r => r.Requirements).ToLookup(m => m.Row);
        string[] unknown = [.. marks.Select(m => m.Key).Except(rows)];
        foreach (string row in unknown)
            Console.WriteLine($"{marks[row].First().Test} is marked with {row}, which is no requirement.");
        if (!onlyCheck)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, Render(rows, marks));
            return unknown.Length == 0;
        }
        string[] claimed = File.Exists(file) ? Claimed(File.ReadLines(file)) : [];
        string[] unproved = [.. claimed.Where(row => !IsMet(marks[row]))];
        foreach (string row in unproved)
            Console.WriteLine($"docs/requirements.md claims {row}, but no passing test proves it.");
        return unknown.Length == 0 && unproved.Length == 0;
    }

    internal static string Render(IEnumerable<string> rows, ILookup<string, MarkedTest> marks)
    {
        var text = new StringBuilder(Heading);
        foreach (string row in rows)
            text.Append(IsMet(marks[row]) ? $"| {row} | met | {marks[row].Select(m => m.Test).Order(StringComparer.Ordinal).First()} |\n" : $"| {row} | open | |\n");
        return text.ToString();
    }

    internal static string[] Claimed(IEnumerable<string> lines) =>
        [.. lines.Select(line => line.Split('|', StringSplitOptions.TrimEntries)).Where(cells => cells.Length > 3 && cells[2] == "met").Select(cells => cells[1])];

    internal static string[] Rows()
    {
        using Stream data = typeof(RequirementTable).Assembly.GetManifestResourceStream("requirements.txt")!;
        using var reader = new StreamReader(data);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    private static bool IsMet(IEnumerable<MarkedTest> marked) => marked.Any() && marked.All(m => m.Passed);
}
