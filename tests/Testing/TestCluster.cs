using System.Net.Security;
using System.Reflection;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;

namespace Pechat.Testing;

/// <summary>
/// Services started in this process as they start in production: their own Program, configuration files, mutual TLS, real ports.
/// The cluster plays the internal CA and, for access tokens, Identity.
/// </summary>
public sealed class TestCluster : IAsyncDisposable
{
    private readonly Dictionary<string, string> _peers = [];
    private readonly List<IAsyncDisposable> _owned = [];
    private readonly List<GrpcChannel> _channels = [];

    private TestCluster(TestPki pki) => Pki = pki;

    /// <summary>The internal CA.</summary>
    public TestPki Pki { get; }

    /// <summary>Issues access tokens that the services accept.</summary>
    public TestTokens Tokens { get; private set; } = null!;

    /// <summary>What all services logged.</summary>
    public LogAssertions Logs { get; } = new();

    /// <summary>The clock of all services.</summary>
    public TestClock Clock { get; } = new();

    /// <summary>Makes the CA and starts the keys' endpoint.</summary>
    public static async Task<TestCluster> CreateAsync()
    {
        var cluster = new TestCluster(TestPki.Create());
        cluster.Tokens = await TestTokens.StartAsync(cluster.Pki, cluster.Clock);
        cluster._owned.Add(cluster.Tokens);
        cluster._peers["identity"] = cluster.Tokens.Address;
        return cluster;
    }

    /// <summary>Tells services started from now on where a peer is, such as a double for it.</summary>
    public void SetPeer(string service, string address) => _peers[service] = address;

    /// <summary>Starts a service and waits until it is started.</summary>
    /// <param name="program">The assembly with its Program.</param>
    /// <param name="service">Name in kebab case.</param>
    /// <param name="sections">Sections of its configuration besides Hosting, Peers and Tokens; a value is an object or a dictionary.</param>
    /// <param name="configure">Changes registrations, for doubles of our own narrow interfaces.</param>
    public Task<TestService> StartAsync(
        Assembly program, string service, IReadOnlyDictionary<string, object>? sections = null, Action<IServiceCollection>? configure = null) =>
        StartAsync(args => EntryOf(program, args), service, sections, configure);

    /// <summary>Starts what stands for a Program, for tests of the shared libraries.</summary>
    public async Task<TestService> StartAsync(
        Func<string[], Task> program, string service, IReadOnlyDictionary<string, object>? sections = null, Action<IServiceCollection>? configure = null)
    {
        ServiceCertificate certificate = Pki.Issue(service);
        int port = FreePort.Take();
        int healthPort = FreePort.Take();
        var configuration = new Dictionary<string, object>
        {
            ["Hosting"] = new
            {
                Address = "127.0.0.1", Port = port, HealthPort = healthPort,
                certificate.CertificateFile, certificate.KeyFile, Pki.AuthorityFile, PublicBase = TestTokens.Issuer,
            },
            ["Peers"] = new Dictionary<string, string>(_peers) { [service] = $"https://127.0.0.1:{port}" },
            ["Tokens"] = new { TestTokens.Issuer, TestTokens.Audience },
        };
        foreach (var (name, value) in sections ?? new Dictionary<string, object>())
            configuration[name] = value;
        string file = Path.Combine(Pki.Directory, $"{service}-{port}.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(configuration));
        var started = await TestService.StartAsync(program, service, file, port, healthPort, services =>
        {
            services.AddSingleton<TimeProvider>(Clock);
            services.AddSingleton<Microsoft.Extensions.Logging.ILoggerProvider>(Logs);
            configure?.Invoke(services);
        });
        _peers[service] = started.Address;
        _owned.Add(started);
        return started;
    }

    /// <summary>A client over mutual TLS that is <paramref name="caller"/>, which may be any name.</summary>
    public HttpClient Client(TestService service, string caller = "gateway", string? accessToken = null) =>
        Client(service.Address, Pki.Issue(caller).Certificate, accessToken);

    /// <summary>A client over TLS that shows the given certificate, or none.</summary>
    public HttpClient Client(string address, X509Certificate2? certificate, string? accessToken = null)
    {
        var client = new HttpClient(Handler(certificate)) { BaseAddress = new Uri(address) };
        if (accessToken is not null)
            client.DefaultRequestHeaders.Authorization = new("Bearer", accessToken);
        return client;
    }

    /// <summary>A gRPC channel over mutual TLS that is <paramref name="caller"/>. Refusals arrive as RpcException.</summary>
    public GrpcChannel Channel(TestService service, string caller)
    {
        var channel = GrpcChannel.ForAddress(service.Address, new GrpcChannelOptions { HttpHandler = Handler(Pki.Issue(caller).Certificate) });
        _channels.Add(channel);
        return channel;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _channels.ForEach(c => c.Dispose());
        for (int i = _owned.Count - 1; i >= 0; i--)
            await _owned[i].DisposeAsync();
        Pki.Dispose();
        Logs.Dispose();
    }

    private static Task EntryOf(Assembly program, string[] args)
    {
        MethodInfo entry = program.EntryPoint ?? throw new ArgumentException($"{program} is no programme", nameof(program));
        try
        {
            return entry.Invoke(null, [args]) as Task ?? Task.CompletedTask;
        }
        catch (TargetInvocationException e) when (e.InnerException is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerException);
            throw;
        }
    }

    internal SocketsHttpHandler Handler(X509Certificate2? certificate) => new()
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        SslOptions = new SslClientAuthenticationOptions
        {
            LocalCertificateSelectionCallback = certificate is null ? null : (_, _, _, _, _) => certificate,
            RemoteCertificateValidationCallback = (_, server, _, _) => server?.Issuer == Pki.Authority.Subject,
        },
    };
}
