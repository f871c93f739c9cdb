using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Dapper;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Contracts.Identity.V1;
using Pechat.Hosting.Jose;
using Pechat.Registration.Peers;
using Pechat.Registration.Requests;
using Pechat.Testing;

namespace Pechat.Registration.Tests;

/// <summary>Registration as in production, with real PostgreSQL and RabbitMQ; Identity, SAM and CA are doubles that remember what they did.</summary>
internal sealed class RegistrationFixture : IAsyncDisposable, ICustomers, IKeys, IIssuer
{
    private readonly ConcurrentDictionary<Guid, Customer> _customers = new();
    private readonly ConcurrentDictionary<Guid, DeviceKey> _devices = new();
    private HttpClient _client = null!;
    private int _serials = 0xA000;

    public TestCluster Cluster { get; private set; } = null!;
    public TestDatabase Database { get; private set; } = null!;
    public TestBroker Broker { get; private set; } = null!;
    public TestService Service { get; private set; } = null!;

    /// <summary>Keys made and certificates issued, by request: a second time for the same request is the same one.</summary>
    public ConcurrentDictionary<Guid, Guid> Keys { get; } = new();
    public ConcurrentDictionary<Guid, string> Certificates { get; } = new();
    public ConcurrentDictionary<Guid, CertificateData> Subjects { get; } = new();
    public ConcurrentDictionary<string, CertificateState> Statuses { get; } = new();
    public ConcurrentDictionary<Guid, string> Algorithms { get; } = new();

    /// <summary>What happens at a step: before-key, after-key, before-certificate, after-certificate. It happens once.</summary>
    public ConcurrentDictionary<string, Exception> Trouble { get; } = new();
    public FaultException? IssuerRefuses { get; set; }

    public static async Task<RegistrationFixture> StartAsync()
    {
        var fixture = new RegistrationFixture { Cluster = await TestCluster.CreateAsync() };
        fixture.Database = await TestDatabase.CreateAsync("registration", typeof(Program).Assembly);
        fixture.Broker = await TestBroker.CreateAsync();
        fixture.Service = await fixture.StartReplicaAsync();
        fixture._client = fixture.Cluster.Client(fixture.Service);
        return fixture;
    }

    public async Task<TestService> StartReplicaAsync()
    {
        foreach (string peer in new[] { "signature-activation", "certificate-authority" })
            Cluster.SetPeer(peer, "https://127.0.0.1:1");
        TestService service = await Cluster.StartAsync(typeof(Program).Assembly, "registration", new Dictionary<string, object>
        {
            ["Database"] = Database.Section, ["Messaging"] = Broker.Section, ["Registration"] = new { IssueInterval = "00:00:00.050" },
        }, services => services.AddSingleton<ICustomers>(this).AddSingleton<IKeys>(this).AddSingleton<IIssuer>(this));
        Cluster.Logs.ExpectError(103); // the framework's health check writes Error while the service is not ready yet
        await service.UntilReadyAsync();
        return service;
    }

    /// <summary>An active customer with a bound phone.</summary>
    public Applicant NewApplicant(string given = "Ivan", CustomerState state = CustomerState.Active)
    {
        var applicant = new Applicant(this);
        _customers[applicant.CustomerId] = new()
        {
            CustomerId = applicant.CustomerId.ToString(), State = state, Language = "bg", Email = "ivan@example.com", Phone = "+359888123456",
            Person = new()
            {
                GivenName = given, Surname = "Petrov", GivenNameNative = "Иван", SurnameNative = "Петров", SerialNumber = "PNOBG-8503124420", Country = "BG",
                VerifiedAt = Timestamp.FromDateTimeOffset(Cluster.Clock.GetUtcNow()),
            },
        };
        _devices[applicant.DeviceId] = new()
        {
            DeviceId = applicant.DeviceId.ToString(), CustomerId = applicant.CustomerId.ToString(), PublicKey = EcPublicKey.From(applicant.Key).Json, Active = true,
        };
        return applicant;
    }

    public void Change(Applicant applicant, Action<Customer> change) => change(_customers[applicant.CustomerId]);

    public void Detach(Applicant applicant) => _devices[applicant.DeviceId].Active = false;

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body, string? token)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        if (token is not null)
            request.Headers.Authorization = new("Bearer", token);
        return await _client.SendAsync(request);
    }

    public async Task<T[]> QueryAsync<T>(string sql, object parameters)
    {
        await using NpgsqlConnection connection = await Database.DataSource.OpenConnectionAsync();
        return [.. await connection.QueryAsync<T>(sql, parameters)];
    }

    public Task<string[]> StatesAsync(Guid request) => QueryAsync<string>("select state from request_transition where request_id = @request order by at", new { request });

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Cluster.DisposeAsync();
        await Broker.DisposeAsync();
        await Database.DisposeAsync();
    }

    Task<Customer> ICustomers.GetAsync(Guid customer, CancellationToken ct) => Task.FromResult(
        _customers.GetValueOrDefault(customer)?.Clone() ?? throw FaultException.NotFound("unknown_customer", "there is no such customer"));

    Task<DeviceKey> ICustomers.GetDeviceKeyAsync(Guid device, CancellationToken ct) => Task.FromResult(
        _devices.GetValueOrDefault(device)?.Clone() ?? throw FaultException.NotFound("unknown_device", "there is no such device"));

    Task<(Guid CredentialId, byte[] Csr)> IKeys.CreateAsync(Guid request, Guid owner, string algorithm, string commonName, CancellationToken ct)
    {
        Happen("before-key");
        Algorithms[request] = algorithm;
        Guid credential = Keys.GetOrAdd(request, _ => Guid.NewGuid());
        Happen("after-key");
        return Task.FromResult((credential, credential.ToByteArray()));
    }

    Task<string> IIssuer.IssueAsync(Guid request, string profile, byte[] csr, CertificateData data, Guid customer, Guid credential, CancellationToken ct)
    {
        Happen("before-certificate");
        if (IssuerRefuses is not null)
            throw IssuerRefuses;
        Assert.That((profile, new Guid(csr), credential), Is.EqualTo(("personal-qualified", Keys[request], Keys[request])));
        Subjects[request] = data;
        string serial = Certificates.GetOrAdd(request, _ => Interlocked.Increment(ref _serials).ToString("X", CultureInfo.InvariantCulture));
        Happen("after-certificate");
        return Task.FromResult(serial);
    }

    Task<CertificateStatus> IIssuer.ChangeStatusAsync(string serial, CertificateState state, string requestedBy, CancellationToken ct)
    {
        if (IssuerRefuses is not null)
            throw IssuerRefuses;
        Statuses[serial] = state;
        return Task.FromResult(new CertificateStatus { Serial = serial, State = state, Since = Timestamp.FromDateTimeOffset(Cluster.Clock.GetUtcNow()) });
    }

    private void Happen(string step)
    {
        if (Trouble.TryRemove(step, out Exception? trouble))
            throw trouble;
    }
}

/// <summary>A customer who asks for a certificate from the phone.</summary>
internal sealed class Applicant(RegistrationFixture registration) : IDisposable
{
    public Guid CustomerId { get; } = Guid.NewGuid();
    public Guid DeviceId { get; } = Guid.NewGuid();
    public ECDsa Key { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public string Token => registration.Cluster.Tokens.Issue(CustomerId, "device", "authenticator", DeviceId);

    public Task<HttpResponseMessage> AskAsync(string algorithm = "P-256", string product = "cloud-personal", string? publication = null) =>
        registration.SendAsync(HttpMethod.Post, "/registration/v1/requests", new { product, algorithm, language = "bg", publication }, Token);

    public Task<HttpResponseMessage> GetAsync(Guid request) => registration.SendAsync(HttpMethod.Get, $"/registration/v1/requests/{request}", null, Token);

    public Task<HttpResponseMessage> ConfirmAsync(JsonElement shown, Dictionary<string, object>? changes = null, ECDsa? key = null)
    {
        var payload = new Dictionary<string, object>
        {
            ["aud"] = "pechat-registration", ["iss"] = DeviceId, ["request"] = Id(shown), ["data"] = CertificateData.Hash(shown.GetProperty("data").GetRawText()),
            ["agreement"] = shown.GetProperty("agreement").GetProperty("sha256").GetString()!, ["iat"] = registration.Cluster.Clock.GetUtcNow().ToUnixTimeSeconds(),
        };
        foreach (var (name, value) in changes ?? [])
            payload[name] = value;
        return registration.SendAsync(
            HttpMethod.Post, $"/registration/v1/requests/{Id(shown)}/confirm", new { proof = CompactJws.Sign(payload, key ?? Key, DeviceId.ToString()) }, Token);
    }

    /// <summary>Asks and confirms; the certificate may still be on its way.</summary>
    public async Task<Guid> ApplyAsync(string algorithm = "P-256")
    {
        JsonElement shown = await Json(await AskAsync(algorithm));
        await Json(await ConfirmAsync(shown));
        return Id(shown);
    }

    public async Task<JsonElement> UntilAsync(Guid request, string state)
    {
        JsonElement view = default;
        await Eventually.HoldsAsync(async () => (view = await Json(await GetAsync(request))).GetProperty("state").GetString() == state, $"the request is {state}");
        return view;
    }

    public Task<HttpResponseMessage> ChangeAsync(string serial, string what) =>
        registration.SendAsync(HttpMethod.Post, $"/registration/v1/certificates/{serial}/{what}", null, Token);

    public static Guid Id(JsonElement view) => view.GetProperty("requestId").GetGuid();

    public static async Task<JsonElement> Json(HttpResponseMessage answer)
    {
        string body = await answer.Content.ReadAsStringAsync();
        Assert.That(answer.IsSuccessStatusCode, Is.True, $"{(int)answer.StatusCode} {body}");
        return JsonDocument.Parse(body).RootElement;
    }

    public void Dispose() => Key.Dispose();
}

/// <summary>Starts Registration for a fixture and fails it on an unexpected Error in the log.</summary>
internal abstract class RegistrationTestBase
{
    protected RegistrationFixture Registration { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task Start() => Registration = await RegistrationFixture.StartAsync();

    [TearDown]
    public void NoUnexpectedError()
    {
        Registration.Trouble.Clear();
        Registration.IssuerRefuses = null;
        Registration.Cluster.Logs.Verify();
    }

    [OneTimeTearDown]
    public async Task Stop() => await Registration.DisposeAsync();

    protected static async Task Refused(HttpResponseMessage answer, System.Net.HttpStatusCode status, string code)
    {
        string body = await answer.Content.ReadAsStringAsync();
        Assert.That(answer.StatusCode, Is.EqualTo(status), body);
        Assert.That(JsonDocument.Parse(body).RootElement.GetProperty("code").GetString(), Is.EqualTo(code), body);
    }
}
