using System.CommandLine;
using Pechat.DevHost.Servers;
using Spectre.Console;

namespace Pechat.DevHost;

/// <summary>The verbs of this programme; the entry scripts in <c>build/</c> call them.</summary>
internal static class Commands
{
    public static RootCommand Root() => new("Develops Pechat: runs the whole house on this machine, and its tests.") { Run(), Test(), Servers(), VerifyProof.Command() };

    private static Command Run()
    {
        var once = new Option<bool>("--once") { Description = "Stops after the main job; the exit code tells whether every step succeeded." };
        var reset = new Option<bool>("--reset") { Description = "Starts clean: forgets all keys, databases and files of earlier runs." };
        var phone = new Option<PhoneHabit>("--phone")
        {
            Description = "What the scripted phone of the demo customer does with requests after the main job.",
            DefaultValueFactory = _ => PhoneHabit.Confirm,
        };
        var run = new Command("run", $"""
            Starts the whole house on this machine and does its main job through the public door.
              Everything lives in .run/, or where PECHAT_RUN says; a second start reuses it. PECHAT_PORT_BASE (now {Environment.GetEnvironmentVariable("PECHAT_PORT_BASE") ?? $"{Layout.DefaultPortBase}"}) moves all ports.
            """) { once, reset, phone };
        run.SetAction((parsed, ct) => GuardAsync(() =>
            RunCommand.RunAsync(Layout.Find(), parsed.GetValue(once), parsed.GetValue(reset), parsed.GetValue(phone), ct)));
        return run;
    }

    private static Command Test()
    {
        var only = new Option<string?>("--only") { Description = "Runs only the test projects whose name contains this." };
        var test = new Command("test", "Runs every test and writes docs/requirements.md.") { only };
        test.SetAction((parsed, ct) => GuardAsync(() => TestRun.AllTests.RunAsync(TestLayout(), parsed.GetValue(only), ct)));
        return test;
    }

    private static Command Servers()
    {
        var servers = new Command("servers", "Starts only PostgreSQL and RabbitMQ for tests and prints the variables that tests read.");
        servers.SetAction((_, ct) => GuardAsync(async () =>
        {
            var running = new TestServers(TestLayout());
            try
            {
                await running.StartAsync(ct);
                foreach ((string name, string value) in running.Environment)
                    Console.WriteLine($"export {name}=\"{value}\"");
                await Task.Delay(Timeout.Infinite, ct);
                return 0;
            }
            finally
            {
                await running.StopAsync();
            }
        }));
        return servers;
    }

    /// <summary>Test servers stand apart from a running house.</summary>
    private static Layout TestLayout()
    {
        Layout house = Layout.Find("test");
        return house with { PortBase = house.PortBase + 1000 };
    }

    /// <summary>Turns a failure into what failed, where to read more, and what to do.</summary>
    private static async Task<int> GuardAsync(Func<Task<int>> action)
    {
        try
        {
            return await action();
        }
        catch (OperationCanceledException)
        {
            return 130; // Ctrl-C
        }
        catch (DevHostException failure)
        {
            foreach (string line in failure.LogTail)
                await Console.Error.WriteLineAsync($"  | {line}");
            AnsiConsole.Markup("[red]Failed:[/] ");
            Console.WriteLine(failure.Message); // unlike the markup it is not wrapped, so that paths stay whole
            if (failure.Log is not null)
                Console.WriteLine($"  log:  {failure.Log}");
            Console.WriteLine($"  next: {failure.NextStep}");
            return 1;
        }
    }
}
