using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.SignatureActivation.Tests.Support;
using Pechat.Testing;

namespace Pechat.SignatureActivation.Tests.Automation;

/// <summary>Automatic seals, and what a hostile Identity, Signing or database cannot make of them.</summary>
public sealed class AutomationTests : WithCredential
{
    /// <summary>The organisation's machine with its key.</summary>
    private sealed class Machine(bool rsa) : IDisposable
    {
        private readonly ECDsa _ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        private readonly RSA _rsa = RSA.Create(2048);

        internal string Id { get; } = Guid.NewGuid().ToString();

        internal string Jwk => rsa
            ? $$"""{"kty":"RSA","n":"{{Compact.Text(_rsa.ExportParameters(false).Modulus!)}}","e":"AQAB"}"""
            : Compact.Jwk(_ec.ExportParameters(false));

        internal string Thumbprint => rsa
            ? Compact.Text(SHA256.HashData(Encoding.UTF8.GetBytes($$"""{"e":"AQAB","kty":"RSA","n":"{{Compact.Text(_rsa.ExportParameters(false).Modulus!)}}"}""")))
            : Compact.Thumbprint(_ec.ExportParameters(false));

        internal string Activate(OpenTransactionRequest shown, string challenge, long now, Action<JsonObject>? falsify = null, string? algorithm = null)
        {
            var claims = new JsonObject
            {
                ["aud"] = "pechat-sam", ["iss"] = Id, ["sub"] = shown.OwnerId, ["transaction"] = shown.TransactionId, ["credential"] = shown.CredentialId,
                ["client"] = shown.ClientId, ["kind"] = "DTBSR", ["hash_algorithm"] = shown.HashAlgorithm,
                ["digests"] = new JsonArray([.. shown.Digests.Select(digest => JsonValue.Create(Compact.Text(digest.ToByteArray())))]),
                ["count"] = shown.Digests.Count, ["challenge"] = challenge, ["displayed"] = Compact.Text(shown.DisplayedHash.ToByteArray()),
                ["iat"] = now, ["exp"] = now + 300,
            };
            falsify?.Invoke(claims);
            var header = new JsonObject { ["alg"] = algorithm ?? (rsa ? "RS256" : "ES256"), ["kid"] = Id };
            string signed = $"{Compact.Text(Encoding.UTF8.GetBytes(header.ToJsonString()))}.{Compact.Text(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
            byte[] input = Encoding.ASCII.GetBytes(signed);
            return $"{signed}.{Compact.Text(rsa ? _rsa.SignData(input, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) : _ec.SignData(input, HashAlgorithmName.SHA256))}";
        }

        public void Dispose()
        {
            _ec.Dispose();
            _rsa.Dispose();
        }
    }

    [TestCase(false), TestCase(true)]
    public async Task An_endorsed_machine_seals_up_to_its_count_and_no_more(bool rsa)
    {
        Machine machine = await EnrolAsync(count: 5, rsa);
        (string outcome, SignRequest request) = await ActivateAsync(machine, 3);
        Assert.That(outcome, Is.EqualTo("accepted"));
        Assert.That(await Sign(request), Is.EqualTo("accepted"));
        Assert.That(await Sign(request), Is.EqualTo("PermissionDenied digest_not_authorised"));
        Assert.That((await ActivateAsync(machine, 3)).Outcome, Is.EqualTo("FailedPrecondition automation_exhausted"), "two are left");
        Assert.That((await ActivateAsync(machine, 2)).Outcome, Is.EqualTo("accepted"));
        Assert.That((await ActivateAsync(machine, 1)).Outcome, Is.EqualTo("FailedPrecondition automation_exhausted"));
    }

    [Test]
    public async Task Activations_at_once_in_two_processes_stay_within_the_count()
    {
        TestService second = await _module.StartProcessAsync();
        ActivationModule.ActivationModuleClient[] processes = [_module.Signing, _module.ClientOf("signing", second)];
        Machine machine = await EnrolAsync(count: 10);
        string[] outcomes = await Task.WhenAll(Enumerable.Range(0, 30).Select(async i => (await ActivateAsync(machine, 1, process: processes[i % 2])).Outcome));
        Assert.That(outcomes.Count(outcome => outcome == "accepted"), Is.EqualTo(10), string.Join(", ", outcomes));
        Assert.That(outcomes.Distinct(), Is.EquivalentTo(new[] { "accepted", "FailedPrecondition automation_exhausted" }));
        await second.DisposeAsync();
    }

    [Test]
    public async Task After_its_end_it_seals_nothing_and_no_sad_outlives_it()
    {
        Machine machine = await EnrolAsync(count: 5, lifetime: TimeSpan.FromMinutes(3));
        (_, SignRequest early) = await ActivateAsync(machine, 1);
        (_, SignRequest renewed) = await ActivateAsync(machine, 1);
        RenewSadReply reply = await _module.Signing.RenewSadAsync(new RenewSadRequest
        {
            TransactionId = renewed.TransactionId, CredentialId = renewed.CredentialId, ClientId = renewed.ClientId, Sad = renewed.Sad,
            NewSadHash = Google.Protobuf.ByteString.CopyFrom(SHA256.HashData("next"u8)),
        });
        Assert.That(reply.SadExpiresAt.Seconds, Is.LessThanOrEqualTo(Now + 180));
        _module.Cluster.Clock.Advance(TimeSpan.FromMinutes(4));
        Assert.That(await Sign(early), Is.EqualTo("FailedPrecondition sad_expired"), "its SAD would have lived for five");
        Assert.That((await ActivateAsync(machine, 1)).Outcome, Is.EqualTo("FailedPrecondition automation_ended"));
        Machine ended = await EnrolAsync(count: 5);
        var end = new EndAutomationRequest { OwnerId = _phone.Owner.ToString(), AutomationId = ended.Id };
        Assert.That(await Module.RefusalOf(_module.Identity.EndAutomationAsync(end)), Is.EqualTo("accepted"));
        Assert.That(await Module.RefusalOf(_module.Signing.EndAutomationAsync(end)), Is.EqualTo("accepted"), "again");
        Assert.That((await ActivateAsync(ended, 1)).Outcome, Is.EqualTo("FailedPrecondition automation_ended"));
        end.OwnerId = Guid.NewGuid().ToString();
        Assert.That(await Module.RefusalOf(_module.Identity.EndAutomationAsync(end)), Is.EqualTo("NotFound unknown_automation"));
    }

    private static IEnumerable<TestCaseData> Forgeries()
    {
        yield return Case("another credential", claims => claims["credential"] = Guid.NewGuid().ToString());
        yield return Case("another client", claims => claims["client"] = "thief");
        yield return Case("another key", claims => claims["cnf"] = new JsonObject { ["jkt"] = Compact.Text(new byte[32]) });
        yield return Case("a smaller count", claims => claims["count"] = 1);
        yield return Case("an earlier end", claims => claims["not_after"] = claims["not_after"]!.GetValue<long>() - 60);
        yield return Case("another automation", claims => claims["automation"] = Guid.NewGuid().ToString());
        yield return Case("another purpose", claims => claims["aud"] = "pechat-sam");
        yield return Case("another owner", claims => claims["sub"] = Guid.NewGuid().ToString());
        yield return Case("an old one", claims => claims["iat"] = claims["iat"]!.GetValue<long>() - 86400);
        yield return Case("no PIN", claims => claims.Remove("pin"));

        static TestCaseData Case(string name, Action<JsonObject> falsify) => new TestCaseData(falsify).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Forgeries))]
    public async Task An_endorsement_of_something_else_registers_nothing(Action<JsonObject> falsify)
    {
        using var machine = new Machine(rsa: false);
        EnrolAutomationRequest request = Request(machine, 5);
        request.Endorsement = _phone.EndorseAutomation(request, machine.Thumbprint, falsify);
        Assert.That(await Enrol(request), Is.EqualTo("PermissionDenied invalid_evidence"));
        Assert.That((await ActivateAsync(machine, 1)).Outcome, Is.EqualTo("PermissionDenied invalid_activation"));
    }

    [Test]
    public async Task Identity_alone_and_a_stolen_phone_without_its_pin_register_nothing()
    {
        Phone stranger = await _module.EnrolAsync(), stolen = await _module.EnrolAsync(_phone.Owner);
        using var machine = new Machine(rsa: false);
        EnrolAutomationRequest request = Request(machine, 5);
        request.Endorsement = stranger.EndorseAutomation(request, machine.Thumbprint);
        Assert.That(await Enrol(request), Is.EqualTo("PermissionDenied invalid_evidence"));
        request.Endorsement = stolen.EndorseAutomation(request, machine.Thumbprint, pinChallenge: "another occasion");
        Assert.That(await Enrol(request), Is.EqualTo("PermissionDenied invalid_evidence"));
        for (int i = 0; i < 4; i++)
        {
            request.Endorsement = stolen.EndorseAutomation(request, machine.Thumbprint, withPin: "904162");
            Assert.That(await Enrol(request), Is.EqualTo("Unauthenticated invalid_pin"));
        }
        request.Endorsement = stolen.EndorseAutomation(request, machine.Thumbprint, withPin: "904162");
        Assert.That(await Enrol(request), Is.EqualTo("PermissionDenied device_locked"));
        Assert.That(await Module.RefusalOf(_module.Signing.EnrolAutomationAsync(request)), Is.EqualTo("PermissionDenied peer_refused"));
    }

    [Test]
    public async Task A_registration_counts_once_and_within_limits()
    {
        using var machine = new Machine(rsa: false);
        EnrolAutomationRequest request = Request(machine, 5);
        request.Endorsement = _phone.EndorseAutomation(request, machine.Thumbprint);
        Assert.That(await Enrol(request), Is.EqualTo("accepted"));
        Assert.That(await Enrol(request), Is.EqualTo("FailedPrecondition automation_exists"));
        foreach (Action<EnrolAutomationRequest> spoil in new Action<EnrolAutomationRequest>[]
        {
            each => each.MaxSignatures = 0, each => each.MaxSignatures = 1_000_001, each => each.NotAfter = null, each => each.NotAfter.Seconds += 400 * 86400,
            each => each.OwnerId = "x",
        })
        {
            EnrolAutomationRequest spoilt = request.Clone();
            spoil(spoilt);
            Assert.That(await Enrol(spoilt), Is.EqualTo("InvalidArgument invalid_request"));
        }
        EnrolAutomationRequest weak = request.Clone();
        using RSA small = RSA.Create(1024);
        weak.PublicKey = $$"""{"kty":"RSA","n":"{{Compact.Text(small.ExportParameters(false).Modulus!)}}","e":"AQAB"}""";
        Assert.That(await Enrol(weak), Is.EqualTo("PermissionDenied invalid_evidence"));
        using var another = new Machine(rsa: false);
        EnrolAutomationRequest foreign = Request(another, 5);
        foreign.CredentialId = (await _module.CreateCredentialAsync((await _module.EnrolAsync()).Owner)).CredentialId;
        foreign.Endorsement = _phone.EndorseAutomation(foreign, another.Thumbprint);
        Assert.That(await Enrol(foreign), Is.EqualTo("NotFound unknown_credential"));
    }

    private static IEnumerable<TestCaseData> Falsifications()
    {
        yield return Case("an extra digest", claims => claims["digests"]!.AsArray().Add(Compact.Text(Module.Digest(99))));
        yield return Case("another transaction", claims => claims["transaction"] = Guid.NewGuid().ToString());
        yield return Case("another text shown", claims => claims["displayed"] = Compact.Text(new byte[32]));
        yield return Case("another challenge", claims => claims["challenge"] = Compact.Text(new byte[32]));
        yield return Case("another issuer", claims => claims["iss"] = Guid.NewGuid().ToString());
        yield return Case("expired", claims => claims["exp"] = claims["iat"]!.GetValue<long>() - 10);
        yield return Case("a PIN", claims => claims["pin"] = "x");

        static TestCaseData Case(string name, Action<JsonObject> falsify) => new TestCaseData(falsify).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Falsifications))]
    public async Task An_automated_activation_of_something_else_is_refused(Action<JsonObject> falsify)
    {
        Machine machine = await EnrolAsync(count: 5);
        Assert.That((await ActivateAsync(machine, 2, falsify)).Outcome, Is.EqualTo("PermissionDenied invalid_activation"));
    }

    [Test]
    public async Task It_opens_no_other_credential_client_or_way_in()
    {
        Machine machine = await EnrolAsync(count: 5);
        string other = (await _module.CreateCredentialAsync(_phone.Owner)).CredentialId;
        Assert.That((await ActivateAsync(machine, 1, credential: other)).Outcome, Is.EqualTo("PermissionDenied invalid_activation"));
        Assert.That((await ActivateAsync(machine, 1, client: "shop")).Outcome, Is.EqualTo("PermissionDenied invalid_activation"));
        Assert.That((await ActivateAsync(machine, 1, algorithm: "RS256")).Outcome, Is.EqualTo("PermissionDenied invalid_activation"), "an algorithm that is not the key's");
        (OpenTransactionRequest shown, _) = _module.NewTransaction(_phone.Owner, _credential, Module.Digests(1));
        string challenge = (await _module.Signing.OpenTransactionAsync(shown)).Challenge;
        Assert.That(await Module.RefusalOf(_module.Signing.ActivateAsync(new ActivateRequest
        {
            TransactionId = shown.TransactionId, Activation = machine.Activate(shown, challenge, Now),
        })), Is.EqualTo("PermissionDenied invalid_activation"), "the way of devices");
        Assert.That(await Module.RefusalOf(_module.Signing.ActivateAutomatedAsync(new ActivateRequest
        {
            TransactionId = shown.TransactionId, Activation = _phone.Activate(shown, challenge),
        })), Is.EqualTo("PermissionDenied invalid_activation"), "a device on the way of automations");
    }

    [TestCase("update automation set max_signatures = 1000 where automation_id = '{0}'")]
    [TestCase("update automation set not_after = not_after + interval '1 year' where automation_id = '{0}'")]
    [TestCase("update automation set client_id = 'bank' where automation_id = '{0}'", "shop")]
    [TestCase("delete from automation_use where automation_id = '{0}'")]
    [TestCase("update automation_use set total = 0 where automation_id = '{0}'")]
    public async Task A_row_that_was_changed_in_the_database_seals_nothing_more(string sql, string client = Module.Client)
    {
        Machine machine = await EnrolAsync(count: 5, client: client);
        Assert.That((await ActivateAsync(machine, 4, client: client)).Outcome, Is.EqualTo("accepted"));
        await _module.RunAsOwnerAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, sql, machine.Id));
        _module.Cluster.Logs.ExpectError(144);
        Assert.That((await ActivateAsync(machine, 1)).Outcome, Is.EqualTo("Internal"));
    }

    private long Now => _module.Cluster.Clock.GetUtcNow().ToUnixTimeSeconds();

    private EnrolAutomationRequest Request(Machine machine, long count, TimeSpan? lifetime = null, string client = Module.Client) => new()
    {
        OwnerId = _phone.Owner.ToString(), AutomationId = machine.Id, CredentialId = _credential, ClientId = client, PublicKey = machine.Jwk,
        MaxSignatures = count, NotAfter = new Timestamp { Seconds = Now + (long)(lifetime ?? TimeSpan.FromDays(30)).TotalSeconds },
    };

    private async Task<Machine> EnrolAsync(long count, bool rsa = false, TimeSpan? lifetime = null, string client = Module.Client)
    {
        var machine = new Machine(rsa);
        EnrolAutomationRequest request = Request(machine, count, lifetime, client);
        request.Endorsement = _phone.EndorseAutomation(request, machine.Thumbprint);
        Assert.That(await Enrol(request), Is.EqualTo("accepted"));
        return machine;
    }

    private async Task<(string Outcome, SignRequest Request)> ActivateAsync(Machine machine, int digests, Action<JsonObject>? falsify = null,
        string? credential = null, string client = Module.Client, string? algorithm = null, ActivationModule.ActivationModuleClient? process = null)
    {
        (OpenTransactionRequest shown, string sad) = _module.NewTransaction(_phone.Owner, credential ?? _credential, Module.Digests(digests));
        shown.ClientId = client;
        string challenge = (await _module.Signing.OpenTransactionAsync(shown)).Challenge;
        string activation = machine.Activate(shown, challenge, Now, falsify, algorithm);
        string outcome = await Module.RefusalOf((process ?? _module.Signing).ActivateAutomatedAsync(
            new ActivateRequest { TransactionId = shown.TransactionId, Activation = activation }));
        return (outcome, Module.SignAll(shown, sad, Module.Digests(digests)));
    }

    private Task<string> Enrol(EnrolAutomationRequest request) => Module.RefusalOf(_module.Identity.EnrolAutomationAsync(request));

    private Task<string> Sign(SignRequest request) => Module.RefusalOf(_module.Signing.SignAsync(request));
}
