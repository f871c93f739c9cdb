using Pechat.DevHost.Servers;

namespace Pechat.DevHost.TestRun;

/// <summary>Runs every test project against real servers and sums up what their results say.</summary>
internal static class AllTests
{
    private const int AtOnce = 2;
    private static readonly string[] WholeSystems = ["System.Tests", "Conformance.Tests"]; // each starts a whole house, so they run alone and last

    public static async Task<int> RunAsync(Layout layout, string? only, CancellationToken ct)
    {
        bool ci = Environment.GetEnvironmentVariable("CI") is "true" or "1";
        string[] projects = [.. Directory.GetFiles(Path.Combine(layout.Root, "tests"), "*.csproj", SearchOption.AllDirectories)
            .Where(p => Path.GetFileNameWithoutExtension(p).EndsWith(".Tests", StringComparison.Ordinal))
            .Where(p => only is null || Path.GetFileName(p).Contains(only, StringComparison.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal)];
        string results = Path.Combine(layout.Run, "results");
        if (Directory.Exists(results))
            Directory.Delete(results, recursive: true);

        var servers = new TestServers(layout);
        var outcomes = new List<ProjectResult>();
        try
        {
            Console.WriteLine("Starting PostgreSQL and RabbitMQ for the tests");
            await servers.StartAsync(ct);
            await Parallel.ForEachAsync(projects.Where(p => !IsWholeSystem(p)), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, RunOneAsync);
            foreach (string project in projects.Where(IsWholeSystem))
                await RunOneAsync(project, ct);
        }
        finally
        {
            await servers.StopAsync();
        }
        return Report(layout, outcomes, complete: only is null, ci);

        async ValueTask RunOneAsync(string project, CancellationToken cancel)
        {
            ProjectResult outcome = await TestProject.RunAsync(project, results, servers.Environment, cancel);
            lock (outcomes)
            {
                outcomes.Add(outcome);
                Console.WriteLine($"{outcomes.Count,3}/{projects.Length} {outcome.Name,-28} {outcome.Passed,5} passed {outcome.Failed,3} failed {outcome.Skipped,3} skipped {outcome.Duration.TotalSeconds,6:0.0} s");
                foreach (FailedTest failed in outcome.Failures)
                    Console.WriteLine($"    FAILED {failed.Name}\n{Indent(failed.Message)}");
                if (outcome.Trouble is not null)
                    Console.WriteLine($"    NO RESULT\n{Indent(outcome.Trouble)}");
            }
        }
    }

    private static int Report(Layout layout, List<ProjectResult> outcomes, bool complete, bool ci)
    {
        bool good = outcomes.TrueForAll(o => o.Trouble is null && o.Failed == 0) && outcomes.Count > 0;
        if (complete)
            good &= RequirementTable.Update(layout, outcomes, onlyCheck: ci);
        int skipped = outcomes.Sum(o => o.Skipped);
        if (ci && skipped > 0)
        {
            Console.WriteLine("Skipped tests fail in CI.");
            good = false;
        }
        foreach (ProjectResult lost in outcomes.Where(o => o.Trouble is not null))
            Console.WriteLine($"{lost.Name} ended without a complete result, which counts as a failure.");
        Console.WriteLine($"{outcomes.Sum(o => o.Passed)} passed, {outcomes.Sum(o => o.Failed)} failed, {skipped} skipped");
        return good ? 0 : 1;
    }

    private static bool IsWholeSystem(string project) => WholeSystems.Contains(Path.GetFileNameWithoutExtension(project));

    private static string Indent(string text) => string.Join('\n', text.Split('\n').Take(25).Select(line => $"      {line}"));
}
