using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Notifications.V1;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Identity.Devices;
using Pechat.Identity.OAuth;
using Pechat.Identity.Registration;
using Pechat.Identity.Tests.OAuth;
using Pechat.Testing;

namespace Pechat.Identity.Tests;

/// <summary>Identity as in production, over mutual TLS, with real PostgreSQL and RabbitMQ; SAM and Notifications are doubles.</summary>
internal sealed class IdentityFixture : IAsyncDisposable, ISignatureActivation, ICodeSender
{
    public const string Secret = "a-random-secret-of-256-bits-would-stand-here";
    private static readonly string SecretHash = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Secret)));

    /// <summary>Two operators, a security officer.</summary>
    public static readonly Guid FirstOperator = Guid.NewGuid(), SecondOperator = Guid.NewGuid(), SecurityOfficer = Guid.NewGuid();

    private static int _people;
    private HttpClient _client = null!;
    private string? _provider;

    public TestCluster Cluster { get; private set; } = null!;
    public TestDatabase Database { get; private set; } = null!;
    public TestBroker Broker { get; private set; } = null!;
    public TestService Service { get; private set; } = null!;

    /// <summary>Plays Signing.</summary>
    public SigningDouble Signing { get; private set; } = null!;

    /// <summary>The last code sent to each address.</summary>
    public ConcurrentDictionary<string, string> Codes { get; } = new();
    public ConcurrentQueue<EnrolDeviceRequest> Enrolled { get; } = new();
    public ConcurrentQueue<Guid> Detached { get; } = new();
    public ConcurrentQueue<SetPinRequest> PinsSet { get; } = new();
    public Exception? SamFails { get; set; }
    public Exception? SenderFails { get; set; }
    public long Now => Cluster.Clock.GetUtcNow().ToUnixTimeSeconds();

    /// <param name="provider">Address of the identity verification provider; null for the simulator.</param>
    public static async Task<IdentityFixture> StartAsync(string? provider = null)
    {
        var fixture = new IdentityFixture { Cluster = await TestCluster.CreateAsync(), _provider = provider };
        fixture.Database = await TestDatabase.CreateAsync("identity", typeof(Program).Assembly);
        fixture.Broker = await TestBroker.CreateAsync();
        fixture.Signing = new(fixture.Cluster.Clock);
        fixture.Service = await fixture.StartReplicaAsync();
        fixture._client = fixture.Cluster.Client(fixture.Service);
        return fixture;
    }

    public async Task<TestService> StartReplicaAsync()
    {
        Cluster.SetPeer("signature-activation", "https://127.0.0.1:1");
        Cluster.SetPeer("notifications", "https://127.0.0.1:1");
        Cluster.SetPeer("signing", "https://127.0.0.1:1");
        TestService service = await Cluster.StartAsync(typeof(Program).Assembly, "identity", new Dictionary<string, object>
        {
            ["Database"] = Database.Section, ["Messaging"] = Broker.Section, ["Identity"] = Section(),
        }, services => services.AddSingleton<ISignatureActivation>(this).AddSingleton<ICodeSender>(this).AddSingleton<ICredentialAuthorization>(Signing));
        Cluster.Logs.ExpectError(103); // the framework's health check writes Error while the service is not ready yet
        await service.UntilReadyAsync();
        return service;
    }

    /// <summary>A customer with contacts that nobody else has.</summary>
    public Phone NewPhone()
    {
        int person = Interlocked.Increment(ref _people);
        return new(this, $"person{person}@example.com", $"+35988{1000000 + person}");
    }

    /// <summary>A token as a login of that person to the back office gives it.</summary>
    public string OfficeToken(Guid officer) =>
        Service.Services.GetRequiredService<Pechat.Identity.OAuth.AccessTokenIssuer>().Issue(officer.ToString(), "back-office", "office", TimeSpan.FromHours(1));

    /// <summary>An EGN of somebody new.</summary>
    public static string NewEgn()
    {
        int[] weights = [2, 4, 8, 5, 10, 9, 7, 3, 6];
        string body = $"850312{Interlocked.Increment(ref _people):D3}";
        return body + (weights.Select((w, i) => w * (body[i] - '0')).Sum() % 11 % 10);
    }

    /// <summary>What the page of a login shows to who sees it; null when there is no such login, or no page.</summary>
    public async Task<short?> NumberAsync(Guid login)
    {
        await using NpgsqlCommand command = Database.DataSource.CreateCommand("select number from login where id = $1");
        command.Parameters.Add(new() { Value = login });
        return await command.ExecuteScalarAsync() as short?;
    }

    public Task<HttpResponseMessage> PostAsync(string path, object body, string? token = null) => SendAsync(HttpMethod.Post, path, JsonContent.Create(body), token);

    public Task<HttpResponseMessage> GetAsync(string path, string? token = null, string? cookie = null) => SendAsync(HttpMethod.Get, path, null, token, cookie);

    public Task<HttpResponseMessage> DeleteAsync(string path, string token) => SendAsync(HttpMethod.Delete, path, null, token);

    public Task<HttpResponseMessage> PutAsync(string path, object body, string token) => SendAsync(HttpMethod.Put, path, JsonContent.Create(body), token);

    /// <summary>Events about a customer, in order.</summary>
    public Task<string[]> EventsAsync(Guid customer) =>
        QueryAsync<string>("select type from outbox where body->>'customerId' = @id order by sequence", new { id = customer.ToString() });

    /// <summary>Kinds of history entries of a customer, in order.</summary>
    public Task<string[]> HistoryAsync(Guid customer) => QueryAsync<string>("select kind from history where customer_id = @customer order by at, id", new { customer });

    public Task<string[]> StateAsync(Guid customer) => QueryAsync<string>("select state from customer where id = @customer", new { customer });

    public async Task<T[]> QueryAsync<T>(string sql, object parameters)
    {
        await using NpgsqlConnection db = await Database.DataSource.OpenConnectionAsync();
        return [.. await db.QueryAsync<T>(sql, parameters)];
    }

    public async Task<HttpResponseMessage> FormAsync(string path, Dictionary<string, string> form, string? basic = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(form) };
        if (basic is not null)
            request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(basic)));
        return await _client.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Cluster.DisposeAsync();
        await Broker.DisposeAsync();
        await Database.DisposeAsync();
    }

    Task<string> ISignatureActivation.GetEncryptionKeysAsync(CancellationToken ct) => Task.FromResult("""{"keys":[{"kty":"EC","use":"enc"}]}""");

    Task ISignatureActivation.EnrolAsync(EnrolDeviceRequest request, CancellationToken ct)
    {
        if (SamFails is not null)
            return Task.FromException(SamFails);
        Enrolled.Enqueue(request);
        return Task.CompletedTask;
    }

    Task ISignatureActivation.SetPinAsync(SetPinRequest request, CancellationToken ct)
    {
        if (SamFails is not null)
            return Task.FromException(SamFails);
        PinsSet.Enqueue(request);
        return Task.CompletedTask;
    }

    Task ISignatureActivation.DetachAsync(Guid owner, Guid device, CancellationToken ct)
    {
        if (SamFails is not null)
            return Task.FromException(SamFails);
        Detached.Enqueue(device);
        return Task.CompletedTask;
    }

    Task ICodeSender.SendAsync(SendCodeRequest request, CancellationToken ct)
    {
        if (SenderFails is not null)
            return Task.FromException(SenderFails);
        Codes[request.Recipient] = request.Code;
        return Task.CompletedTask;
    }

    public static FaultException Down => FaultException.Unavailable("temporarily_unavailable", "a service that is needed does not answer");

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, string? token, string? cookie = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (token is not null)
            request.Headers.Authorization = new("Bearer", token);
        if (cookie is not null)
            request.Headers.Add("Cookie", cookie);
        return await _client.SendAsync(request);
    }

    private Dictionary<string, object> Section()
    {
        string hash = SecretHash;
        object verifier = _provider is null
            ? new { KeyFile = KeyFile("simulator") }
            : new { BaseAddress = _provider, Name = "other house", TokenFile = SecretFile("token"), CallbackSecretFile = SecretFile("callback") };
        return new()
        {
            [_provider is null ? "Simulator" : "Provider"] = verifier,
            ["TokenKeyFile"] = KeyFile("token"),
            ["SecondTokenKeyFile"] = KeyFile("second"),
            ["DirectLoginClient"] = "csc-login",
            ["Officers"] = new object[]
            {
                new { CustomerId = FirstOperator, Roles = new[] { "identity-operator" } },
                new { CustomerId = SecondOperator, Roles = new[] { "identity-operator" } },
                new { CustomerId = SecurityOfficer, Roles = new[] { "security-officer" } },
            },
            ["Clients"] = new object[]
            {
                new { Id = "authenticator", Name = "Pechat", Scopes = new[] { "device" }, GrantTypes = new[] { "urn:ietf:params:oauth:grant-type:jwt-bearer" } },
                new
                {
                    Id = "portal", Name = "The <Portal>", SecretHash = hash, Scopes = new[] { "portal", "openid", "service" },
                    GrantTypes = new[] { "authorization_code" }, RedirectUris = new[] { "https://portal.test/callback" },
                },
                App("app"), App("rival"),
                new { Id = "csc-login", Name = "Direct login", Scopes = new[] { "service" } },
                new
                {
                    Id = "native", Name = "Native", Scopes = new[] { "service", "credential" }, GrantTypes = new[] { "authorization_code", "refresh_token" },
                    RedirectUris = new[] { "https://native.test/callback" },
                },
                new
                {
                    Id = "keyed", Name = "Keyed", KeySetFile = ClientKey.KeySetFile(Cluster.Pki.Directory), Scopes = new[] { "service" },
                    GrantTypes = new[] { "client_credentials", "authorization_code" }, RedirectUris = new[] { "https://keyed.test/callback" },
                },
                new { Id = "bank", Name = "Bank", SecretHash = hash, Scopes = new[] { "service" }, GrantTypes = new[] { "client_credentials" } },
            },
        };
    }

    /// <summary>A confidential client that keeps its customers logged in.</summary>
    private static object App(string id) => new
    {
        Id = id, Name = $"The <{id}>", SecretHash = SecretHash, Scopes = new[] { "service", "openid", "portal", "credential" },
        GrantTypes = new[] { "authorization_code", "refresh_token" }, RedirectUris = new[] { $"https://{id}.test/callback", $"https://{id}.test/other" },
    };

    /// <summary>A file with a secret named like it.</summary>
    public string SecretFile(string name)
    {
        string file = Path.Combine(Cluster.Pki.Directory, name + ".secret");
        File.WriteAllText(file, "secret-" + name);
        return file;
    }

    /// <summary>Makes the key on first use; replicas share it.</summary>
    public string KeyFile(string name)
    {
        string file = Path.Combine(Cluster.Pki.Directory, name + ".key.pem");
        if (!File.Exists(file))
        {
            using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            File.WriteAllText(file, key.ExportPkcs8PrivateKeyPem());
        }
        return file;
    }
}
