using System.Diagnostics;
using System.Xml.Linq;

namespace Pechat.DevHost.TestRun;

/// <summary>A test that failed.</summary>
internal sealed record FailedTest(string Name, string Message);

/// <summary>What the result files of one test project say; <c>Trouble</c> tells why they are not complete, null when they are.</summary>
internal sealed record ProjectResult(
    string Name, int Passed, int Failed, int Skipped, TimeSpan Duration,
    IReadOnlyList<FailedTest> Failures, IReadOnlyList<MarkedTest> Requirements, string? Trouble);

/// <summary>A test marked as the proof of a requirement row.</summary>
internal sealed record MarkedTest(string Row, string Test, bool Passed);

/// <summary>Runs one test project that is already built.</summary>
internal static class TestProject
{
    private static readonly XNamespace Trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";

    public static async Task<ProjectResult> RunAsync(string project, string results, IReadOnlyDictionary<string, string> environment, CancellationToken ct)
    {
        string name = Path.GetFileNameWithoutExtension(project);
        string directory = Path.Combine(results, name);
        Directory.CreateDirectory(directory);
        long started = Stopwatch.GetTimestamp();
        var start = new ProcessStartInfo("dotnet", ["test", project, "-c", "Release", "--no-build", "--nologo", "--logger", "trx;LogFileName=results.trx",
            "--results-directory", directory, "--blame-hang-timeout", "10m", "--", $"NUnit.TestOutputXml={directory}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string variable, string value) in environment)
            start.Environment[variable] = value;
        using var process = Process.Start(start)!;
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(ct);
            Task<string> errors = process.StandardError.ReadToEndAsync(ct);
            await process.WaitForExitAsync(ct);
            string log = await output + await errors;
            await File.WriteAllTextAsync(Path.Combine(directory, "output.log"), log, ct);
            return Read(name, directory, Stopwatch.GetElapsedTime(started), process.ExitCode, log);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Reads the result files; the exit code alone is never believed.</summary>
    internal static ProjectResult Read(string name, string directory, TimeSpan duration, int exitCode, string log)
    {
        string trx = Path.Combine(directory, "results.trx");
        if (!File.Exists(trx))
            return new(name, 0, 0, 0, duration, [], [], $"exit code {exitCode}\n{Tail(log)}");
        XElement[] tests = [.. XDocument.Load(trx).Descendants(Trx + "UnitTestResult")];
        int passed = tests.Count(t => Outcome(t) == "Passed");
        XElement[] failed = [.. tests.Where(t => Outcome(t) is not ("Passed" or "NotExecuted"))];
        FailedTest[] failures = [.. failed.Select(t => new FailedTest((string)t.Attribute("testName")!,
            $"{t.Descendants(Trx + "Message").FirstOrDefault()?.Value}\n{t.Descendants(Trx + "StackTrace").FirstOrDefault()?.Value}".Trim()))];
        string? trouble = tests.Length == 0 ? $"no test ran\n{Tail(log)}"
            : exitCode != 0 && failed.Length == 0 ? $"all tests passed, yet the exit code is {exitCode}\n{Tail(log)}"
            : null;
        MarkedTest[] marked = [.. Directory.GetFiles(directory, "*.xml", SearchOption.AllDirectories).SelectMany(ReadMarks)];
        return new(name, passed, failed.Length, tests.Length - passed - failed.Length, duration, failures, marked, trouble);
    }

    /// <summary>Marks on tests, and on fixtures for all their tests, from NUnit's own result file.</summary>
    private static IEnumerable<MarkedTest> ReadMarks(string file) =>
        from test in XDocument.Load(file).Descendants("test-case")
        from row in test.AncestorsAndSelf().Elements("properties").Elements("property").Where(p => (string?)p.Attribute("name") == "Requirement")
        select new MarkedTest((string)row.Attribute("value")!, ShortName(test), (string?)test.Attribute("result") == "Passed");

    private static string ShortName(XElement test) => $"{((string?)test.Attribute("classname"))?.Split('.')[^1]}.{(string?)test.Attribute("methodname")}";

    private static string Outcome(XElement test) => (string?)test.Attribute("outcome") ?? "";

    private static string Tail(string log) => string.Join('\n', log.Split('\n').TakeLast(20));
}
