using System.Diagnostics;
using System.Globalization;
using Pechat.DevHost;
using Pechat.DevHost.Processes;
using Pechat.Testing;

namespace Pechat.SystemTests.DevHost;

/// <summary>Every command of README.md is run as it stands there, in a directory and on ports of its own; what README names exists.</summary>
[NonParallelizable]
internal sealed class ReadmeTests
{
    private const string Started = "Ctrl-C stops everything";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private readonly Layout _layout = Own();
    private Process? _running;

    [OneTimeSetUp]
    public async Task StartClean()
    {
        Directory.CreateDirectory(_layout.Run);
        await House.ResetAsync(_layout);
    }

    [OneTimeTearDown]
    public async Task EndWhatIsLeft()
    {
        _running?.Dispose();
        await House.ResetAsync(_layout); // after a failed test: it ends processes as well
    }

    [Test]
    public void Each_command_has_a_rule() => Assert.That(Readme.Commands.Where(command => RuleOf(command) is null), Is.Empty);

    [Test]
    public void It_names_the_commands_that_matter() => Assert.That(Readme.Commands, Is.SupersetOf(new[] { "build/run", "build/run --once", "build/test" }));

    /// <summary>In the order of README, because <c>build/run</c> is used while it runs.</summary>
    [Test]
    public async Task Commands_do_what_they_say()
    {
        string[] whileItRuns = [.. Readme.Commands.Where(command => RuleOf(command) == Rule.AgainstTheRunningHouse)];
        foreach (string command in Readme.Commands.Where(command => RuleOf(command) != Rule.AgainstTheRunningHouse))
        {
            TestContext.Progress.WriteLine($"$ {command}");
            switch (RuleOf(command))
            {
                case Rule.RunsUntilInterrupted:
                    await KeepRunningAsync(command, whileItRuns);
                    break;
                case Rule.RunsTests:
                    // This test is a part of what it runs, so it runs one small project.
                    Assert.That((await SucceedAsync($"{command} --only Architecture")).TrimEnd().Split('\n')[^1], Does.Match(@"^[1-9]\d* passed, 0 failed, \d+ skipped$"));
                    break;
                default:
                    Assert.That(await SucceedAsync(command), Is.Not.Empty, command);
                    break;
            }
        }
    }

    [TestCaseSource(typeof(Readme), nameof(Readme.Links))]
    public void Link_leads_somewhere(string target) => Assert.That(Path.Exists(Repository.PathOf(target)), target);

    [Test]
    public void Paths_exist() =>
        Assert.That(Readme.Paths.Where(path => !path.StartsWith(".run/", StringComparison.Ordinal) && !Path.Exists(Repository.PathOf(path))), Is.Empty); // .run/ is looked at while it runs

    [TestCaseSource(typeof(Readme), nameof(Readme.Addresses))]
    public void Port_is_one_of_the_house(Uri address)
    {
        var house = new Layout(Repository.Root, ".run", Layout.DefaultPortBase);
        Assert.That(address.Port, Is.AnyOf(house.PublicPort, house.AuthenticatorPort, house.PlainPort, house.MailViewPort));
    }

    [Test]
    public void Picture_shows_every_service() =>
        Assert.That(Service.All.Select(service => $"[{Path.GetFileName(service.Project)}]").Where(box => !Readme.Text.Contains(box, StringComparison.Ordinal)), Is.Empty);

    private enum Rule
    {
        RunsUntilInterrupted,
        RunsTests,
        RunsToItsEnd,
        AgainstTheRunningHouse,
    }

    private static Rule? RuleOf(string command) => command.Split(' ') switch
    {
        ["build/run", .. var options] => options.Intersect(["--once", "--help"]).Any() ? Rule.RunsToItsEnd : Rule.RunsUntilInterrupted,
        ["build/test"] => Rule.RunsTests,
        ["build/test" or "build/bench", "--help"] or ["build/bench"] => Rule.RunsToItsEnd,
        ["curl" or "openssl" or "pdfsig", ..] => Rule.AgainstTheRunningHouse,
        _ => null,
    };

    /// <summary>Starts it, uses it as README says, and ends it as Ctrl-C does.</summary>
    private async Task KeepRunningAsync(string command, IReadOnlyList<string> whileItRuns)
    {
        var said = new List<string>();
        var started = new TaskCompletionSource();
        _running = Start($"exec env --default-signal=INT {Moved(command)}");
        _running.OutputDataReceived += (_, line) => Hear(line.Data);
        _running.ErrorDataReceived += (_, line) => Hear(line.Data);
        _running.BeginOutputReadLine();
        _running.BeginErrorReadLine();
        Task first = await Task.WhenAny(started.Task, _running.WaitForExitAsync(), Task.Delay(Patience));
        Assert.That(first, Is.SameAs(started.Task), () => $"{command} did not start:\n{Said()}");
        string printed = Said();
        foreach (Uri address in Readme.Addresses.Where(address => address.AbsolutePath == "/" && address.Port != Layout.DefaultPortBase + 80))
            Assert.That(printed, Does.Contain(Moved(address.GetLeftPart(UriPartial.Authority))), "it prints the address that README names");
        foreach (string path in Readme.Paths.Where(path => path.StartsWith(".run/", StringComparison.Ordinal)))
            Assert.That(Path.Exists(Moved(path)), path);
        foreach (string each in whileItRuns)
        {
            TestContext.Progress.WriteLine($"$ {each}");
            Assert.That(await SucceedAsync(each), Is.Not.Empty.And.Not.Contain("\"certificates\":[]"), each);
        }
        foreach (Uri address in Readme.Addresses)
            Assert.That(await Ports.IsOpenAsync(address.Port - Layout.DefaultPortBase + _layout.PortBase, CancellationToken.None), $"{address} answers");

        await SucceedAsync($"kill -INT {_running.Id.ToString(CultureInfo.InvariantCulture)} && echo sent");
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await _running.WaitForExitAsync(patience.Token);
        Assert.That(_running.ExitCode, Is.Zero, Said);

        void Hear(string? line)
        {
            lock (said)
                said.Add(line ?? "");
            if (line?.Contains(Started, StringComparison.Ordinal) == true)
                started.TrySetResult();
        }

        string Said()
        {
            lock (said)
                return string.Join('\n', said);
        }
    }

    private async Task<string> SucceedAsync(string command)
    {
        using Process process = Start(Moved(command));
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.Zero, $"{command}\n{output}{await errors}");
        return output;
    }

    private Process Start(string command) => Process.Start(new ProcessStartInfo("bash", ["-c", command])
    {
        WorkingDirectory = Repository.Root,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        Environment =
        {
            ["PECHAT_RUN"] = _layout.Run,
            ["PECHAT_PORT_BASE"] = _layout.PortBase.ToString(CultureInfo.InvariantCulture),
            ["PECHAT_BUILT"] = "yes", // together with this test
            ["CI"] = null,
        },
    })!;

    /// <summary>The command as it stands, but at our place and ports.</summary>
    private string Moved(string text)
    {
        var house = new Layout(Repository.Root, ".run", Layout.DefaultPortBase);
        foreach ((int theirs, int ours) in new[]
        {
            (house.PublicPort, _layout.PublicPort), (house.AuthenticatorPort, _layout.AuthenticatorPort), (house.PlainPort, _layout.PlainPort), (house.MailViewPort, _layout.MailViewPort),
        })
            text = text.Replace($":{theirs}", $":{ours}", StringComparison.Ordinal);
        return text.Replace(".run/", $"{_layout.Run}/", StringComparison.Ordinal);
    }

    private static Layout Own()
    {
        Layout house = Layout.Find("readme");
        return house with { PortBase = house.PortBase + 3000 };
    }
}
