using System.Globalization;
using System.Text;

namespace Pechat.Benchmarks.Sign;

/// <summary>Writes a report for readers: the figures as JSON, a chart, and the table of the page, whose words are kept.</summary>
internal static class SignPage
{
    private const string Begin = "<!-- figures: written by build/bench sign -->", End = "<!-- end of figures -->";

    internal static async Task WriteAsync(string folder, SignReport report, CancellationToken ct)
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "sign.json"), report.ToJson(), ct);
        await File.WriteAllTextAsync(Path.Combine(folder, "sign.svg"), SignChart.Draw(report), ct);
        string file = Path.Combine(folder, "sign.md");
        string page = File.Exists(file) ? await File.ReadAllTextAsync(file, ct) : $"# signHash through the public door\n\n{Begin}\n{End}\n";
        int begin = page.IndexOf(Begin, StringComparison.Ordinal), end = page.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
            throw new InvalidOperationException($"{file} has no place for the figures: the lines \"{Begin}\" and \"{End}\"");
        await File.WriteAllTextAsync(file, page[..(begin + Begin.Length)] + "\n" + Figures(report) + page[end..], ct);
    }

    private static string Figures(SignReport report)
    {
        var text = new StringBuilder();
        Machine machine = report.Machine;
        text.AppendLine(CultureInfo.InvariantCulture, $"Taken {report.Date} on {machine.Cores} cores ({machine.Processor}), {machine.System}, {machine.Runtime}, {report.Library}.");
        text.AppendLine();
        text.AppendLine("| Key / digests per request | Raw token, signatures/s | Requests/s | Signatures/s | Ratio | Target | p50 ms | p99 ms | Errors | At 70 %: p50 ms | p99 ms | p99 ÷ p50 |");
        text.AppendLine("|---|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (CaseFigures each in report.Cases)
        {
            string target = report.Targets.TryGetValue(each.Case, out double aim) ? aim.ToString("F2", CultureInfo.InvariantCulture) : "";
            PacedFigures paced = each.AtSeventyPercent;
            text.AppendLine(CultureInfo.InvariantCulture,
                $"| {each.Case} | {each.RawPerSecond:N0} | {each.RequestsPerSecond:N0} | {each.SignaturesPerSecond:N0} | {each.Ratio:F2} | {target} | {each.P50Milliseconds:F1} | {each.P99Milliseconds:F1} | {each.Errors + paced.Errors} | {paced.P50Milliseconds:F1} | {paced.P99Milliseconds:F1} | {paced.P99ToP50:F1} |");
        }
        text.AppendLine();
        text.AppendLine("Processor time for each request in microseconds, by programme (`client` is the load generator):");
        text.AppendLine();
        string[] programmes = [.. report.Cases.SelectMany(each => each.ProcessorMicroseconds.Keys).Distinct()
            .OrderByDescending(name => report.Cases.Max(each => each.ProcessorMicroseconds.GetValueOrDefault(name))).Take(8)];
        text.AppendLine(CultureInfo.InvariantCulture, $"| | {string.Join(" | ", programmes)} | others |");
        text.AppendLine(CultureInfo.InvariantCulture, $"|---|{string.Concat(programmes.Select(_ => "---|"))}---|");
        foreach (CaseFigures each in report.Cases)
        {
            int others = each.ProcessorMicroseconds.Where(pair => !programmes.Contains(pair.Key)).Sum(pair => pair.Value);
            text.AppendLine(CultureInfo.InvariantCulture,
                $"| {each.Case} | {string.Join(" | ", programmes.Select(name => each.ProcessorMicroseconds.GetValueOrDefault(name).ToString("N0", CultureInfo.InvariantCulture)))} | {others:N0} |");
        }
        text.AppendLine();
        return text.ToString();
    }
}
