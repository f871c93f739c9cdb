using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Pechat.DevHost;

namespace Pechat.Benchmarks.Sign;

/// <summary><c>build/bench sign</c>: a house of its own, measured, and what came out written for readers.</summary>
internal static class SignBenchmark
{
    private const int PortOffset = 3000; // beside a running house and the houses of tests

    public static Command Command()
    {
        var seconds = new Option<int>("--seconds") { Description = "Length of the load in each case.", DefaultValueFactory = _ => 10 };
        seconds.Validators.Add(given =>
        {
            if (given.GetValueOrDefault<int>() is < 1 or > 600)
                given.AddError("--seconds must be a number from 1 to 600");
        });
        var cases = new Option<string[]>("--cases")
        {
            Description = "Key and digests per request; all by default.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [.. SignCase.All.Select(each => each.Name)],
        };
        cases.AcceptOnlyFromAmong([.. SignCase.All.Select(each => each.Name)]);
        var output = new Option<DirectoryInfo>("--output") { Description = "Where sign.json, sign.svg and the table of sign.md go; docs/performance by default." };
        var keep = new Option<bool>("--keep") { Description = "Goes on with the databases and keys of the last run instead of starting clean." };
        var command = new Command("sign", $"""
            Signatures through the public door against the bare token: a house of its own in .run/bench, {SignRun.Connections} connections,
            POST /csc/v2/signatures/signHash through gateway, Signing, activation module and HSM. Takes a few minutes.
            """) { seconds, cases, output, keep };
        command.SetAction((parsed, ct) => RunAsync(
            [.. SignCase.All.Where(each => parsed.GetValue(cases)!.Contains(each.Name))], TimeSpan.FromSeconds(parsed.GetValue(seconds)),
            parsed.GetValue(output), parsed.GetValue(keep), ct));
        return command;
    }

    private static async Task<int> RunAsync(IReadOnlyList<SignCase> cases, TimeSpan time, DirectoryInfo? output, bool keep, CancellationToken ct)
    {
        try
        {
            Layout found = Layout.Find("bench"), layout = found with { PortBase = found.PortBase + PortOffset };
            string folder = output?.FullName ?? Path.Combine(layout.Root, "docs", "performance");
            Directory.CreateDirectory(folder);
            using IDisposable only = layout.Lock();
            if (!keep)
                await House.ResetAsync(layout);
            // Confirmed digests must outlive the longest run; the services read our environment beneath their files.
            Environment.SetEnvironmentVariable("Signing__SadLifetime", "01:00:00");
            await using var house = new House(layout);
            await house.StartAsync(ct);
            long started = Stopwatch.GetTimestamp();
            IReadOnlyList<CaseFigures> figures = await new SignRun(layout, line =>
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(started).TotalSeconds,6:0.0} s  {line}"))).MeasureAsync(cases, time, ct);
            await SignPage.WriteAsync(folder, SignReport.Of(figures, TimeProvider.System.GetUtcNow()), ct);
            Console.WriteLine($"written: {folder}/sign.json, sign.svg, sign.md");
            return figures.All(each => each.Errors + each.AtSeventyPercent.Errors == 0) ? 0 : 1;
        }
        catch (DevHostException failure)
        {
            Console.WriteLine($"Failed: {failure.Message}\n  log:  {failure.Log}\n  next: {failure.NextStep}");
            return 1;
        }
    }
}
