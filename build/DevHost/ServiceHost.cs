using System.Diagnostics;
using System.Globalization;
using Pechat.DevHost.Processes;
using Pechat.DevHost.Servers;
using Pechat.DevHost.View;

namespace Pechat.DevHost;

/// <summary>Runs one service as a process of its own.</summary>
internal sealed class ServiceHost(Layout layout, Service service, ProgressView view)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    /// <summary>Where load tests knock.</summary>
    private static readonly Dictionary<string, string> ForLoad = new()
    {
        ["DOTNET_GCgen0size"] = "0x1000000", // 16 MiB
        ["MALLOC_ARENA_MAX"] = "2",
    };

    /// <summary>Fourteen services share one small machine: elsewhere little memory comes before the last bit of speed.</summary>
    private static readonly Dictionary<string, string> ForLittleMemory = new()
    {
        ["DOTNET_TieredPGO"] = "0",
        ["DOTNET_TC_CallCounting"] = "0", // nothing is compiled twice
        ["DOTNET_GCConserveMemory"] = "9",
        ["DOTNET_GCgen0size"] = "0x100000", // 1 MiB
        ["MALLOC_ARENA_MAX"] = "1",
        ["MALLOC_MMAP_THRESHOLD_"] = "16384", // what start-up needed goes back to the system
        ["MALLOC_TRIM_THRESHOLD_"] = "65536",
    };

    private ChildProcess? _process;

    /// <summary>Resident memory in KiB: with every page, and with pages that processes share counted in parts (proc(5), Rss and Pss).</summary>
    public (long All, long Share) ResidentKiB
    {
        get
        {
            if (_process is null or { HasExited: true })
                return (0, 0);
            string[][] lines = [.. File.ReadLines($"/proc/{_process.Id}/smaps_rollup").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
            return (Value("Rss:"), Value("Pss:"));

            long Value(string name) => long.Parse(lines.First(fields => fields[0] == name)[1], CultureInfo.InvariantCulture);
        }
    }

    /// <summary>A command of this service: <c>migrate</c>, a ceremony, or nothing for serving.</summary>
    public static Command Command(Layout layout, Service service, params string[] verb)
    {
        var environment = new Dictionary<string, string>
        {
            ["DOTNET_gcServer"] = "0",
            ["DOTNET_gcConcurrent"] = "0",
            ["DOTNET_EnableWriteXorExecute"] = "0", // maps compiled code once instead of twice
            ["DOTNET_GCHeapHardLimit"] = "0x10000000", // 256 MiB
            ["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = "0", // a thread that waits leaves the few cores to the other processes
            ["DOTNET_NOLOGO"] = "1",
        };
        foreach ((string name, string value) in service.ServesLoad ? ForLoad : ForLittleMemory)
            environment[name] = value;
        foreach (string chosen in environment.Keys.Where(name => Environment.GetEnvironmentVariable(name) is not null).ToList())
            environment.Remove(chosen); // whoever sets a variable himself wants to try something else
        environment["PECHAT_CONFIG"] = service.ConfigurationFile(layout);
        if (service.Token is not null)
            environment["SOFTHSM2_CONF"] = Tokens.ConfigurationFile(layout, service);
        string assembly = service.Assembly(layout);
        if (!File.Exists(assembly))
            throw new DevHostException($"{service.Name}: {assembly} is missing", "build it: dotnet build Services.sln -c Release");
        return new(service.Name, "dotnet", ["exec", assembly, .. verb], environment) { WorkingDirectory = Path.Combine(layout.Root, service.Project) };
    }

    /// <summary>Migrates the database, unless this very build has done so already.</summary>
    public async Task MigrateAsync(CancellationToken ct)
    {
        if (!service.HasDatabase)
            return;
        string stamp = Path.Combine(layout.Stamps, $"{service.Name}-migrated");
        string build = File.GetLastWriteTimeUtc(service.Assembly(layout)).ToString("O", CultureInfo.InvariantCulture);
        if (File.Exists(stamp) && await File.ReadAllTextAsync(stamp, ct) == build)
            return;
        view.Tell(service.Name, "migrating");
        await ChildProcess.RunAsync(layout, Command(layout, service, "migrate"), "correct the migration; build/run --reset starts with empty databases", ct);
        await File.WriteAllTextAsync(stamp, build, ct);
        view.Tell(service.Name, "migrated");
    }

    /// <summary>Starts the process and waits until it says that it is ready.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        await Ports.MustBeFreeAsync(service.HealthPort(layout), service.Name, ct);
        view.Tell(service.Name, "starting");
        long started = Stopwatch.GetTimestamp();
        _process = ChildProcess.Start(layout, Command(layout, service));
        string last = "no answer";
        while (true)
        {
            try
            {
                using HttpResponseMessage answer = await Http.GetAsync(new Uri($"http://127.0.0.1:{service.HealthPort(layout)}/health/ready"), ct);
                if (answer.IsSuccessStatusCode)
                    break;
                last = $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(ct)}";
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !ct.IsCancellationRequested)
            {
                last = e.Message;
            }
            if (_process.HasExited)
                throw new DevHostException($"{service.Name} ended with code {_process.ExitCode} while starting", "read its log, correct the cause, start again", service.Log(layout));
            if (Stopwatch.GetElapsedTime(started) > Patience)
                throw new DevHostException($"{service.Name} was not ready within {Patience.TotalSeconds:0} s ({last})", "its log says what it waits for", service.Log(layout));
            await Task.Delay(100, ct);
        }
        view.Tell(service.Name, "ready");
    }

    /// <summary>Starts the service again whenever it ends, with a growing pause, until told to stop.</summary>
    public async Task SuperviseAsync(CancellationToken ct)
    {
        TimeSpan pause = TimeSpan.FromMilliseconds(500);
        while (true)
        {
            long started = Stopwatch.GetTimestamp();
            if (_process is not null)
            {
                await _process.WaitAsync(ct);
                view.Tell(service.Name, $"ended with code {_process.ExitCode}; starting it again ({service.Log(layout)})");
                _process.Forget();
                _process = null;
            }
            if (Stopwatch.GetElapsedTime(started) > TimeSpan.FromMinutes(1))
                pause = TimeSpan.FromMilliseconds(500);
            await Task.Delay(pause, ct);
            pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
            try
            {
                await StartAsync(ct);
            }
            catch (DevHostException failure)
            {
                view.Tell(service.Name, failure.Message); // the next round waits longer and tries again
            }
        }
    }

    public Task StopAsync() => _process?.StopAsync() ?? Task.CompletedTask;
}
