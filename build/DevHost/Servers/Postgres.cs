using Npgsql;
using Pechat.DevHost.Processes;

namespace Pechat.DevHost.Servers;

/// <summary>A private PostgreSQL: own data directory, port and socket directory; passwords are asked of everybody.</summary>
/// <param name="layout">Where it lives.</param>
/// <param name="durable">False for tests only: speed before safety.</param>
internal sealed class Postgres(Layout layout, bool durable = true)
{
    internal const string Name = "postgres";
    private const string Unprivileged = "postgres"; // the account that the distribution's package makes; the server refuses to run as root

    private readonly string _home = Path.Combine(layout.Run, "postgres");
    private ChildProcess? _process;

    private string Data => Path.Combine(_home, "data");

    /// <summary>Password of the superuser; in the test servers a fixed one, for they hold nothing.</summary>
    private string Password => durable ? Secret.Get(layout, "postgres") : "postgres";

    public string ConnectionString => $"Host=127.0.0.1;Port={layout.PostgresPort};Username=postgres;Password={Password}";

    public async Task StartAsync(CancellationToken ct)
    {
        await ChildProcess.EndLeftoverAsync(layout, Name);
        await Ports.MustBeFreeAsync(layout.PostgresPort, Name, ct);
        if (!File.Exists(Path.Combine(Data, "PG_VERSION")))
            await InitialiseAsync(ct);
        File.Delete(Path.Combine(Data, "postmaster.pid")); // of a crashed run; whoever wrote it has just been ended
        await StartServerAsync(ct);
    }

    /// <summary>Starts the server again whenever it ends, until told to stop.</summary>
    public Task SuperviseAsync(Action<string> tell, CancellationToken ct) => Supervision.KeepAsync(() => _process!, StartServerAsync, tell, ct);

    /// <summary>
    /// Starts the server, also after it was killed: the file with its process id stays, so that it refuses to start for as long as
    /// a process of the killed one still writes.
    /// </summary>
    private async Task StartServerAsync(CancellationToken ct)
    {
        List<string> arguments = ["-D", Data, "-p", $"{layout.PostgresPort}", "-c", "listen_addresses=127.0.0.1", "-c", $"unix_socket_directories={SocketDirectory}",
            "-c", "max_connections=400", "-c", "shared_buffers=96MB", "-c", "timezone=UTC", "-c", "log_timezone=UTC"];
        if (!durable)
            arguments.AddRange(["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]);
        _process = ChildProcess.Start(layout, await AsUserAsync(Path.Combine(Programmes, "postgres"), arguments, ct) with { StopSignal = "INT" }); // TERM would wait for clients to leave
        await Ports.WaitAsync(layout, _process, Name, layout.PostgresPort, TimeSpan.FromSeconds(60), ct);
        await WaitForRecoveryAsync(ct);
    }

    /// <summary>After a crash the port is open before the log has been replayed.</summary>
    private async Task WaitForRecoveryAsync(CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await using var probe = new NpgsqlConnection($"{ConnectionString};Pooling=false"); // a pooled one would know nothing of a restart
                await probe.OpenAsync(ct);
                return;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.CannotConnectNow && !_process!.HasExited)
            {
                await Task.Delay(100, ct);
            }
        }
    }

    public Task StopAsync() => _process?.StopAsync() ?? Task.CompletedTask;

    /// <summary>A socket's path may have 107 bytes; in a deeper directory we do without one.</summary>
    private string SocketDirectory => $"{_home}/.s.PGSQL.{layout.PostgresPort}.lock".Length < 107 ? _home : "";

    private static string Programmes =>
        Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Where(d => File.Exists(Path.Combine(d, "bin", "postgres"))).OrderBy(d => d.Length).ThenBy(d => d, StringComparer.Ordinal)
                .Select(d => Path.Combine(d, "bin")).LastOrDefault() ?? throw Missing()
            : throw Missing();

    private static DevHostException Missing() => new("postgres: no server programme in /usr/lib/postgresql", "apt-get install postgresql");

    private async Task InitialiseAsync(CancellationToken ct)
    {
        if (Directory.Exists(Data))
            Directory.Delete(Data, recursive: true); // an initialisation that was interrupted
        Directory.CreateDirectory(_home);
        string passwordFile = Path.Combine(_home, "password");
        await File.WriteAllTextAsync(passwordFile, Password, ct);
        if (Environment.IsPrivilegedProcess)
            await ChildProcess.RunAsync(layout, new(Name, "chown", ["-R", Unprivileged, _home]), "does the user postgres exist? apt-get install postgresql", ct);
        Command initialise = await AsUserAsync(Path.Combine(Programmes, "initdb"),
            ["-D", Data, "-U", "postgres", "--pwfile", passwordFile, "--auth=scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"], ct);
        await ChildProcess.RunAsync(layout, initialise, "build/run --reset starts clean", ct);
        File.Delete(passwordFile);
    }

    /// <summary>As root, runs a programme as the unprivileged account, which may have to be let through directories that are closed to it.</summary>
    private async Task<Command> AsUserAsync(string programme, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        if (!Environment.IsPrivilegedProcess)
            return new(Name, programme, arguments);
        string[] drop = [$"--reuid={Unprivileged}", $"--regid={Unprivileged}", "--clear-groups"];
        using var probe = System.Diagnostics.Process.Start("setpriv", [.. drop, "test", "-x", _home]);
        await probe.WaitForExitAsync(ct);
        string[] pass = probe.ExitCode == 0 ? [] : ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"];
        return new(Name, "setpriv", [.. drop, .. pass, programme, .. arguments]);
    }
}
