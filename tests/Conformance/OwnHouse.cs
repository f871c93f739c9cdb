using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Npgsql;
using Pechat.DevHost;
using Pechat.DevHost.MainJob;
using Pechat.DevHost.Servers;

namespace Pechat.Conformance.Tests;

/// <summary>A house of our own with two customers, Alice and Bob, and a phone for each that confirms whatever comes unless told otherwise.</summary>
internal sealed class OwnHouse : IAsyncDisposable, IControls
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _phones = [];
    private readonly List<ScriptedPhone> _owned = [];
    private House? _house;
    private IDisposable? _lock;
    private readonly Dictionary<string, string> _serials = [];
    private Door? _door;
    private ScriptedPhone _phone = null!;
    private PhoneLoop _loop = null!;
    private ECDsa _tokenKey = null!;
    private Target _target = null!;

    internal async Task<Target> StartAsync()
    {
        Layout house = Layout.Find(Path.Combine(".run", "conformance"));
        Layout layout = house with { PortBase = house.PortBase + 3000 };
        _lock = layout.Lock();
        await House.ResetAsync(layout);
        _house = new House(layout);
        try
        {
            await _house.StartAsync(None);
            _door = new Door(layout);
            (DemoPerson alice, PhoneLoop hers, ScriptedPhone phone) = await EnrolAsync();
            (_phone, _loop) = (phone, hers);
            _tokenKey = ECDsa.Create();
            _tokenKey.ImportFromPem(await File.ReadAllTextAsync(SigningKey.File(layout, "identity-tokens"), None));
            string ec = await CredentialAsync(phone, "P-256"), rsa = await CredentialAsync(phone, "RSA-2048"), ec384 = await CredentialAsync(phone, "P-384");
            string disabled = await CredentialAsync(phone, "P-256");
            await _door.PostAsync($"/registration/v1/certificates/{_serials[disabled]}/suspend", [], await phone.TokenAsync(None), None);
            (DemoPerson bob, _, ScriptedPhone bobsPhone) = await EnrolAsync();
            string bobs = await CredentialAsync(bobsPhone, "P-256");
            var values = new Dictionary<string, string>
            {
                ["BaseUrl"] = layout.PublicBase.AbsoluteUri,
                ["Alice"] = await Login.AsCustomerAsync(_door, Login.Bank, alice.Email, None),
                ["Bob"] = await Login.AsCustomerAsync(_door, Login.Bank, bob.Email, None),
                ["OtherClient"] = await Login.AsCustomerAsync(_door, Login.Insurer, alice.Email, None),
                ["Client"] = await Login.AsClientAsync(_door, Login.Bank, None),
                ["AliceId"] = phone.CustomerId,
                ["AliceName"] = alice.Email,
                ["AlicePassword"] = "none",
                ["Ec"] = ec,
                ["Rsa"] = rsa,
                ["Ec384"] = ec384,
                ["Disabled"] = disabled,
                ["Bobs"] = bobs,
                ["ToDelete"] = await CredentialAsync(phone, "P-256"),
                ["ClientId"] = Login.Bank,
                ["ClientSecret"] = Secret.Get(layout, Login.Bank),
                ["RedirectUri"] = Login.RedirectUri(Login.Bank),
                ["OAuthBase"] = layout.PublicBase.AbsoluteUri.TrimEnd('/'),
            };
            _target = new Target(_door.Http, values) { Owned = this };
            await Polling.UntilAsync(() => _target.V2("credentials/list", new { onlyValid = true }, values["Alice"]),
                answer => answer.Body?["credentialIDs"] is JsonArray { Count: 4 }, TimeSpan.FromSeconds(30), "the credentials did not reach Signing", None);
            return _target;
        }
        catch
        {
            await DisposeAsync(); // after a failed set-up NUnit tears nothing down
            throw;
        }
    }

    private async Task<(DemoPerson, PhoneLoop, ScriptedPhone)> EnrolAsync()
    {
        DemoPerson person = DemoPerson.Invent();
        var phone = new ScriptedPhone(_door!);
        _owned.Add(phone);
        string enrolment = await Enrol.RegisterAsync(_door!, person, phone, None);
        await Enrol.BindAsync(_door!, phone, await Enrol.VerifyAsync(_door!, person, phone, enrolment, None), enrolment, None);
        var loop = new PhoneLoop(phone, _ => { });
        _phones.Add(loop.RunAsync(_stop.Token));
        return (person, loop, phone);
    }

    private async Task<string> CredentialAsync(ScriptedPhone phone, string algorithm)
    {
        JsonNode issued = await ObtainCertificate.RunAsync(_door!, phone, algorithm, None);
        _serials[(string)issued["credentialId"]!] = (string)issued["serial"]!;
        // A person may have one active personal certificate (R-108), the checklist wants several: this request is put on file as ended.
        await ExecuteAsync("registration", "update certificate_request set state = 'Ended' where state = 'Issued'");
        return (string)issued["credentialId"]!;
    }

    private async Task ExecuteAsync(string service, string sql)
    {
        var address = new NpgsqlConnectionStringBuilder(new Postgres(_door!.Layout).ConnectionString) { Database = Service.Named(service).Database };
        await using var connection = new NpgsqlConnection(address.ConnectionString);
        await connection.OpenAsync(None);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(None);
    }

    public Task ForgetLoginsAsync() => ExecuteAsync("identity", "update login set requested_at = requested_at - interval '1 hour'");

    public Task SignerWillAsync(string habit)
    {
        _loop.Habit = habit switch { "confirm" => PhoneHabit.Confirm, "decline" => PhoneHabit.Decline, _ => PhoneHabit.Ignore };
        return Task.CompletedTask;
    }

    public async Task SuspendAsync(string credential, bool suspended)
    {
        await Task.Delay(TimeSpan.FromSeconds(1.1), None); // states have times of whole seconds, and a suspension wins within one
        await _door!.PostAsync($"/registration/v1/certificates/{_serials[credential]}/{(suspended ? "suspend" : "resume")}", [], await _phone.TokenAsync(None), None);
        string status = suspended ? "disabled" : "enabled";
        await Polling.UntilAsync(() => _target.V2("credentials/info", new { credentialID = credential }, _target["Alice"]),
            answer => (string?)answer.Body?["key"]?["status"] == status, TimeSpan.FromSeconds(20), $"the key did not become {status}", None);
    }

    public async Task LinkAccountAsync(string account)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/identity/v1/accounts/{account}");
        using HttpResponseMessage answer = await _door!.SendAsync(request, _target["Alice"], None);
        answer.EnsureSuccessStatusCode();
    }

    public async Task RestartAsync()
    {
        foreach (string victim in new[] { "signing", "signature-activation" })
        {
            string record = await File.ReadAllTextAsync(Path.Combine(_door!.Layout.Processes, victim), None);
            using Process process = Process.GetProcessById(int.Parse(record.Split(' ')[0], CultureInfo.InvariantCulture));
            process.Kill();
            await process.WaitForExitAsync(None);
        }
        await Polling.UntilAsync(() => _target.V2("credentials/list", new { }, _target["Alice"]), answer => answer.Status == 200, TimeSpan.FromSeconds(60), "Signing did not come back", None);
    }

    public string Token(string scope, TimeSpan lifetime, params (string Name, string Value)[] claims)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        var payload = new JsonObject
        {
            ["iss"] = _door!.Layout.PublicBase.AbsoluteUri.TrimEnd('/'),
            ["aud"] = "pechat",
            ["sub"] = _phone.CustomerId,
            ["client_id"] = Login.Bank,
            ["scope"] = scope,
            ["iat"] = now.ToUnixTimeSeconds() - 7200,
            ["exp"] = (now + lifetime).ToUnixTimeSeconds(),
            ["jti"] = Guid.NewGuid().ToString(),
        };
        foreach ((string name, string value) in claims)
            payload[name] = value;
        return Jose.Sign(_tokenKey, Jose.Thumbprint(_tokenKey.ExportParameters(false)), payload);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_phones).ContinueWith(_ => { }, TaskScheduler.Default); // they end by being cancelled
        _owned.ForEach(phone => phone.Dispose());
        _tokenKey?.Dispose();
        if (_house is not null)
            await _house.DisposeAsync();
        _door?.Dispose();
        _lock?.Dispose();
        _stop.Dispose();
    }
}
