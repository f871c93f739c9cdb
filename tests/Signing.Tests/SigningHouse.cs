using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;
using Pechat.Signing.Credentials;
using Pechat.Signing.Csc;
using Pechat.Signing.Transactions;
using Pechat.Testing;

namespace Pechat.Signing.Tests;

/// <summary>Signing as its own Program starts it, on a real database and broker; its four peers are doubles.</summary>
internal sealed class SigningHouse : IAsyncDisposable
{
    internal static readonly string Sha256 = "2.16.840.1.101.3.4.2.1", EcdsaSha256 = "1.2.840.10045.4.3.2", RsaSha256 = "1.2.840.113549.1.1.11";

    private readonly string _secret = Path.GetTempFileName();
    private readonly List<TestSigner> _signers = [];
    private TestDatabase _database = null!;
    private TestBroker _broker = null!;

    internal TestCluster Cluster { get; private set; } = null!;
    internal TestService Service { get; private set; } = null!;
    internal NpgsqlDataSource Db => _database.DataSource;
    internal TestClock Clock => Cluster.Clock;
    internal FakeActivationModule Module { get; private set; } = null!;
    internal FakeLedger Ledger { get; } = new();
    internal Requests.FakeSignatureLog Log { get; } = new();
    internal FakeCertificates Certificates { get; } = new();
    internal FakeNotifier Notifier { get; } = new();
    internal FakeSessions Sessions { get; } = new();
    internal FakeTimestamper Timestamper { get; private set; } = null!;
    internal Guid Alice { get; } = Guid.NewGuid();
    internal Guid Bob { get; } = Guid.NewGuid();
    internal HttpClient Http { get; private set; } = null!;

    internal static async Task<SigningHouse> StartAsync(object? options = null)
    {
        var house = new SigningHouse();
        await File.WriteAllBytesAsync(house._secret, RandomNumberGenerator.GetBytes(32));
        house._database = await TestDatabase.CreateAsync("signing", typeof(SigningOptions).Assembly);
        house._broker = await TestBroker.CreateAsync();
        house.Cluster = await TestCluster.CreateAsync();
        house.Module = new FakeActivationModule(house.Clock);
        house.Timestamper = new FakeTimestamper(house.Clock);
        foreach (string peer in new[] { "signature-activation", "billing", "certificate-authority", "timestamping" })
            house.Cluster.SetPeer(peer, "https://127.0.0.1:1");
        JsonObject signing = JsonSerializer.SerializeToNode(options ?? new { })!.AsObject();
        signing["SecretFile"] = house._secret;
        signing["SweepInterval"] ??= "00:00:00.100";
        signing["Clients"] = new JsonObject { ["bank"] = new JsonObject { ["Name"] = "The Bank", ["Pays"] = true, ["ResponseUris"] = new JsonArray("https://bank.example/done") } };
        house.Service = await house.Cluster.StartAsync(typeof(SigningOptions).Assembly, "signing",
            new Dictionary<string, object> { ["Database"] = house._database.Section, ["Messaging"] = house._broker.Section, ["Signing"] = signing },
            services => services
                .Replace(ServiceDescriptor.Singleton<IActivationModule>(house.Module))
                .Replace(ServiceDescriptor.Singleton<IUnitLedger>(house.Ledger))
                .Replace(ServiceDescriptor.Singleton<Pechat.Signing.Requests.ISignatureLog>(house.Log))
                .Replace(ServiceDescriptor.Singleton<ICertificates>(house.Certificates))
                .Replace(ServiceDescriptor.Singleton<ISessions>(house.Sessions))
                .Replace(ServiceDescriptor.Singleton<IResponseNotifier>(house.Notifier))
                .Replace(ServiceDescriptor.Singleton<ITimestamper>(house.Timestamper)));
        house.Http = house.Cluster.Client(house.Service);
        return house;
    }

    internal string ServiceToken(Guid? customer = null, string client = "app") => Cluster.Tokens.Issue(customer ?? Alice, "service", client);

    /// <summary>A token of scope <c>credential</c> as Identity issues it at the end of a code flow.</summary>
    internal string CredentialToken(Guid credential, Guid transaction, string client = "app", Guid? customer = null, TimeSpan? lifetime = null) =>
        Cluster.Tokens.Issue(customer ?? Alice, "credential", client, lifetime: lifetime,
            claims: new Dictionary<string, object?> { ["credential_id"] = credential.ToString("D"), ["transaction"] = transaction.ToString("D") });

    /// <summary>A credential of a customer, put where LinkIssuedCertificate would have put it.</summary>
    internal async Task<Guid> CredentialAsync(Guid? owner = null, AsymmetricAlgorithm? key = null, string state = "active", TimeSpan? endsIn = null)
    {
        DateTimeOffset now = Clock.GetUtcNow();
        var signer = new TestSigner(key ?? ECDsa.Create(ECCurve.NamedCurves.nistP256), now.AddYears(-1), now + (endsIn ?? TimeSpan.FromDays(365)));
        _signers.Add(signer);
        Guid id = Guid.NewGuid();
        Module.Keys[id] = signer;
        using var certificate = System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificate(signer.Certificate.Encoded.Span);
        await using NpgsqlConnection connection = await Db.OpenConnectionAsync();
        await connection.ExecuteAsync("""
            insert into credential (id, customer_id, serial, profile, key_algorithm, certificate, chain, not_before, not_after)
            values (@id, @owner, @serial, 'personal-qualified', @algorithm, @certificate, @chain, @notBefore, @notAfter);
            insert into certificate_state (serial, state, since) values (@serial, @state, @notBefore);
            """,
            new
            {
                id,
                owner = owner ?? Alice,
                serial = signer.Certificate.Serial,
                algorithm = KeyAlgorithm.Of(certificate)!.Name,
                certificate = signer.Certificate.Encoded.ToArray(),
                chain = new[] { signer.Root.Encoded.ToArray() },
                notBefore = signer.Certificate.NotBefore.UtcDateTime,
                notAfter = signer.Certificate.NotAfter.UtcDateTime,
                state,
            });
        return id;
    }

    internal Task SetStateAsync(Guid credential, string state) => ExecuteAsync(
        "update certificate_state set state = @state where serial = (select serial from credential where id = @credential)", new { credential, state });

    internal async Task ExecuteAsync(string sql, object? parameters = null)
    {
        await using NpgsqlConnection connection = await _database.Owner.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, parameters);
    }

    internal async Task<T?> ScalarAsync<T>(string sql, object? parameters = null)
    {
        await using NpgsqlConnection connection = await _database.Owner.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<T>(sql, parameters);
    }

    /// <summary>Bodies of the events of one kind that left about a transaction, in order.</summary>
    internal async Task<JsonElement[]> EventsAsync(string type, Guid transaction)
    {
        await Service.Services.GetRequiredService<ReportSignatures>().RunOnceAsync(CancellationToken.None);
        await using NpgsqlConnection connection = await _database.Owner.OpenConnectionAsync();
        return [.. (await connection.QueryAsync<string>(
            "select body::text from public.outbox where type = @type and body ->> 'transactionId' = @id order by sequence", new { type, id = transaction.ToString("D") }))
            .Select(body => JsonDocument.Parse(body).RootElement)];
    }

    internal Task<string?> StateAsync(Guid transaction) => ScalarAsync<string>("select state from signing_transaction where id = @transaction", new { transaction });

    internal Task<Answer> CscAsync(string method, object body, string? token = null) => SendAsync(HttpMethod.Post, $"/csc/v2/{method}", JsonSerializer.Serialize(body), token ?? ServiceToken());

    internal Task<Answer> V1Async(string method, object body, string? token = null) => SendAsync(HttpMethod.Post, $"/csc/v1/{method}", JsonSerializer.Serialize(body), token ?? ServiceToken());

    internal Task<Answer> PhoneAsync(HttpMethod method, string path, object? body = null, Guid? customer = null) => SendAsync(
        method, $"/signing/v1/requests{path}", body is null ? null : JsonSerializer.Serialize(body), Cluster.Tokens.Issue(customer ?? Alice, "device", "authenticator", Guid.NewGuid()));

    internal async Task<Answer> SendAsync(HttpMethod method, string path, string? body, string? token, string mediaType = "application/json")
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, mediaType) };
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using HttpResponseMessage response = await Http.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        return new Answer(response.StatusCode, text.Length == 0 ? default : JsonDocument.Parse(text).RootElement, response.Headers, response.Content.Headers.ContentType?.MediaType);
    }

    /// <summary>A body for credentials/authorize over these digests.</summary>
    internal static JsonObject AuthorizeBody(Guid credential, params byte[][] digests) => new()
    {
        ["credentialID"] = credential.ToString(),
        ["numSignatures"] = digests.Length,
        ["hashes"] = new JsonArray([.. digests.Select(d => (JsonNode)Convert.ToBase64String(d))]),
        ["hashAlgorithmOID"] = Sha256,
    };

    internal static JsonObject SignBody(Guid credential, string sad, string signAlgo, params byte[][] digests) => new()
    {
        ["credentialID"] = credential.ToString(),
        ["SAD"] = sad,
        ["hashes"] = new JsonArray([.. digests.Select(d => (JsonNode)Convert.ToBase64String(d))]),
        ["signAlgo"] = signAlgo,
    };

    /// <summary>authorize; the answer is the handle, which is also the transaction's id.</summary>
    internal async Task<Guid> AuthorizeAsync(JsonObject body, string? token = null)
    {
        Answer answer = await CscAsync("credentials/authorize", body, token);
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.Accepted), answer.Text);
        return answer.Body.GetProperty("handle").GetGuid();
    }

    /// <summary>The one request about a credential that waits on the phone, as soon as it is there.</summary>
    internal async Task<Guid> WaitingAsync(Guid credential)
    {
        Guid? found = null;
        await Eventually.HoldsAsync(async () => (found = await ScalarAsync<Guid?>(
            "select id from signing_transaction where credential_id = @credential and state = 'pending'", new { credential })) is not null, "the phone is asked");
        return found!.Value;
    }

    internal Task<Answer> ConfirmAsync(Guid id, string activation = FakeActivationModule.GoodActivation, Guid? customer = null) =>
        PhoneAsync(HttpMethod.Post, $"/{id}/confirm", new { activation }, customer);

    internal async Task<string> SadAsync(Guid handle, string? token = null)
    {
        Answer answer = await CscAsync("credentials/authorizeCheck", new { handle }, token);
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Text);
        return answer.Body.GetProperty("SAD").GetString()!;
    }

    /// <summary>authorize, confirm, authorizeCheck.</summary>
    internal async Task<(Guid Id, string Sad)> AuthorizedAsync(Guid credential, params byte[][] digests)
    {
        Guid id = await AuthorizeAsync(AuthorizeBody(credential, digests));
        Answer confirmed = await ConfirmAsync(id);
        Assert.That(confirmed.Status, Is.EqualTo(HttpStatusCode.OK), confirmed.Text);
        return (id, await SadAsync(id));
    }

    internal static byte[] Digest(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Cluster.DisposeAsync();
        await _broker.DisposeAsync();
        await _database.DisposeAsync();
        Timestamper.Dispose();
        _signers.ForEach(signer => signer.Dispose());
        File.Delete(_secret);
    }
}

/// <summary>What came back.</summary>
internal sealed record Answer(HttpStatusCode Status, JsonElement Body, HttpResponseHeaders Headers, string? MediaType)
{
    internal string Text => $"{(int)Status} {(Body.ValueKind == JsonValueKind.Undefined ? "" : Body.GetRawText())}";

    internal string? Error => Body.TryGetProperty("error", out JsonElement error) ? error.GetString() : Body.TryGetProperty("code", out error) ? error.GetString() : null;

    internal string? Description => Body.TryGetProperty("error_description", out JsonElement description) ? description.GetString() : null;

    internal void IsInvalid(string description)
    {
        Assert.That(Status, Is.EqualTo(HttpStatusCode.BadRequest), Text);
        Assert.That((Error, Description), Is.EqualTo(("invalid_request", description)));
    }
}
