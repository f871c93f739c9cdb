using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using Pechat.DevHost.Processes;

namespace Pechat.DevHost.Servers;

/// <summary>A private RabbitMQ node: own name, directories, cookie, ports and port mapper.</summary>
/// <param name="layout">Where it lives.</param>
/// <param name="forTests">Test servers hold nothing and have a fixed password.</param>
internal sealed class RabbitMq(Layout layout, bool forTests = false)
{
    internal const string Name = "rabbitmq";
    internal const string Administrator = "pechat";
    private const string Programme = "/usr/lib/rabbitmq/bin/rabbitmq-server"; // not the wrapper in /usr/sbin, which insists on the distribution's account and directories
    private const string PortMapper = "rabbitmq-epmd";

    private readonly string _home = Path.Combine(layout.Run, "rabbitmq");
    private ChildProcess? _mapper;
    private ChildProcess? _process;

    private string Password => forTests ? Administrator : Secret.Get(layout, "rabbitmq");

    public string Url => $"amqp://{Administrator}:{Password}@127.0.0.1:{layout.RabbitPort}";

    public string ManagementUrl => $"http://{Administrator}:{Password}@127.0.0.1:{layout.RabbitManagementPort}";

    public async Task StartAsync(CancellationToken ct)
    {
        if (!File.Exists(Programme))
            throw new DevHostException($"rabbitmq: {Programme} is missing", "apt-get install rabbitmq-server");
        await ChildProcess.EndLeftoverAsync(layout, Name);
        await ChildProcess.EndLeftoverAsync(layout, PortMapper);
        await Ports.MustBeFreeAsync(layout.RabbitPort, Name, ct);
        await Ports.MustBeFreeAsync(layout.EpmdPort, PortMapper, ct);
        WriteConfiguration();
        // Left to itself, the node would start a port mapper that outlives it.
        _mapper = ChildProcess.Start(layout, new(PortMapper, "epmd", ["-port", $"{layout.EpmdPort}", "-address", "127.0.0.1"]));
        await Ports.WaitAsync(layout, _mapper, PortMapper, layout.EpmdPort, TimeSpan.FromSeconds(10), ct);
        await StartNodeAsync(ct);
    }

    /// <summary>Starts the node, also after it was killed.</summary>
    private async Task StartNodeAsync(CancellationToken ct)
    {
        _process = ChildProcess.Start(layout, new(Name, Programme, [], Environment()));
        await Ports.WaitAsync(layout, _process, Name, layout.RabbitPort, TimeSpan.FromSeconds(90), ct);
    }

    /// <summary>Starts the node again whenever it ends, until told to stop.</summary>
    public Task SuperviseAsync(Action<string> tell, CancellationToken ct) => Supervision.KeepAsync(() => _process!, StartNodeAsync, tell, ct);

    public async Task StopAsync()
    {
        if (_process is not null)
            await _process.StopAsync();
        if (_mapper is not null)
            await _mapper.StopAsync();
    }

    /// <summary>Makes one account per service; each may use the one virtual host.</summary>
    public async Task AddUsersAsync(IEnumerable<string> names, CancellationToken ct)
    {
        using var http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{layout.RabbitManagementPort}/api/") };
        http.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{Administrator}:{Password}")));
        foreach (string name in names)
        {
            await PutAsync(http, $"users/{name}", new { password = Secret.Get(layout, $"{name}-rabbitmq"), tags = "" }, ct);
            await PutAsync(http, $"permissions/%2F/{name}", new { configure = ".*", write = ".*", read = ".*" }, ct);
        }
    }

    private async Task PutAsync(HttpClient http, string path, object body, CancellationToken ct)
    {
        using HttpResponseMessage answer = await http.PutAsJsonAsync(path, body, ct);
        if (!answer.IsSuccessStatusCode)
            throw new DevHostException($"rabbitmq: PUT {path} was answered {(int)answer.StatusCode}", "build/run --reset starts clean", Path.Combine(layout.Logs, $"{Name}.log"));
    }

    private void WriteConfiguration()
    {
        Directory.CreateDirectory(_home);
        string cookie = Path.Combine(_home, ".erlang.cookie");
        if (!File.Exists(cookie))
        {
            File.WriteAllText(cookie, Convert.ToHexString(RandomNumberGenerator.GetBytes(16)));
            File.SetUnixFileMode(cookie, UnixFileMode.UserRead);
        }
        File.WriteAllText(Path.Combine(_home, "enabled_plugins"), "[rabbitmq_management].\n");
        File.WriteAllText(Path.Combine(_home, "rabbitmq.conf"), $"""
            listeners.tcp.1 = 127.0.0.1:{layout.RabbitPort}
            management.tcp.ip = 127.0.0.1
            management.tcp.port = {layout.RabbitManagementPort}
            default_user = {Administrator}
            default_pass = {Password}
            default_user_tags.administrator = true
            vm_memory_high_watermark.absolute = 512MB
            disk_free_limit.absolute = 100MB
            log.console = true
            log.console.level = warning
            log.file = false

            """);
        File.SetUnixFileMode(Path.Combine(_home, "rabbitmq.conf"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private Dictionary<string, string> Environment() => new()
    {
        ["HOME"] = _home,
        ["RABBITMQ_NODENAME"] = $"pechat{layout.PortBase}@localhost",
        ["RABBITMQ_CONFIG_FILE"] = Path.Combine(_home, "rabbitmq.conf"),
        ["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(_home, "none"),
        ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(_home, "enabled_plugins"),
        ["RABBITMQ_MNESIA_BASE"] = Path.Combine(_home, "mnesia"),
        ["RABBITMQ_LOG_BASE"] = Path.Combine(_home, "log"),
        ["RABBITMQ_PID_FILE"] = Path.Combine(_home, "pid"),
        ["RUNNING_UNDER_SYSTEMD"] = "true", // the node itself receives our signals, not a shell before it
        ["RABBITMQ_DIST_PORT"] = $"{layout.ErlangPort}",
        ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
        ["ERL_EPMD_PORT"] = $"{layout.EpmdPort}",
        ["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = "+S 2:2 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}",
    };
}
