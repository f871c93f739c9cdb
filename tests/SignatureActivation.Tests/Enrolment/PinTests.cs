using System.Text.Json.Nodes;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.SignatureActivation.Tests.Support;
using Pechat.Testing;

namespace Pechat.SignatureActivation.Tests.Enrolment;

/// <summary>How a PIN is changed and counted, and what a hostile Identity or database cannot do about it.</summary>
public sealed class PinTests
{
    private const string NewPin = "820517", WrongPin = "904162";
    private const int CounterRolledBack = 6003;

    private Module _module = null!;
    private Phone _phone = null!;
    private string _credential = "";

    [OneTimeSetUp]
    public async Task Start() => _module = await Module.StartAsync();

    [SetUp]
    public async Task Enrol()
    {
        _phone = await _module.EnrolAsync();
        _credential = (await _module.CreateCredentialAsync(_phone.Owner)).CredentialId;
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _module.Cluster.Logs.VerifyNeverLogged(NewPin);
        await _module.DisposeAsync();
    }

    [Test]
    public async Task The_present_pin_sets_a_new_one_and_ends_with_it()
    {
        Assert.That(await Set(_phone.SetPin(NewPin, _phone.Pin)), Is.EqualTo("accepted"));
        Assert.That(await Activate(_phone.Pin), Is.EqualTo("Unauthenticated invalid_pin"));
        Assert.That(await Activate(NewPin), Is.EqualTo("accepted"));
        Assert.That(await Set(_phone.SetPin("593128", NewPin)), Is.EqualTo("accepted"), "and again");
        Assert.That(await Activate(NewPin), Is.EqualTo("Unauthenticated invalid_pin"));
        Assert.That(await Activate("593128"), Is.EqualTo("accepted"));
    }

    [Test]
    public async Task A_fresh_verification_unlocks_a_locked_device()
    {
        for (int i = 0; i < 5; i++)
            await Activate(WrongPin);
        Assert.That(await Set(_phone.SetPin(NewPin, _phone.Pin)), Is.EqualTo("PermissionDenied device_locked"), "the right PIN comes too late");
        SetPinRequest request = _phone.SetPin(NewPin);
        request.Verification = _module.Verify(_phone);
        Assert.That(await Set(request), Is.EqualTo("accepted"));
        Assert.That(await Activate(NewPin), Is.EqualTo("accepted"));
        SetPinRequest again = _phone.SetPin("593128");
        again.Verification = request.Verification;
        Assert.That(await Set(again), Is.EqualTo("PermissionDenied invalid_evidence"), "a verification counts once");
        Assert.That(await Activate(NewPin), Is.EqualTo("accepted"));
    }

    [Test]
    public async Task Wrong_present_pins_count_like_others()
    {
        for (int i = 0; i < 4; i++)
            Assert.That(await Set(_phone.SetPin(NewPin, WrongPin)), Is.EqualTo("Unauthenticated invalid_pin"));
        Assert.That(await Set(_phone.SetPin(NewPin, WrongPin)), Is.EqualTo("PermissionDenied device_locked"));
        Assert.That(await Activate(_phone.Pin), Is.EqualTo("PermissionDenied device_locked"));
    }

    private static IEnumerable<TestCaseData> Forgeries()
    {
        yield return Case("the proof of an enrolment", proof => proof["aud"] = "pechat-sam");
        yield return Case("a proof for another person", proof => proof["sub"] = Guid.NewGuid().ToString());
        yield return Case("a proof for another device", proof => proof["device"] = Guid.NewGuid().ToString());
        yield return Case("a proof for another PIN", proof => proof["pin_hash"] = Compact.Text(new byte[32]));
        yield return Case("an old proof", proof => proof["iat"] = proof["iat"]!.GetValue<long>() - 86400);

        static TestCaseData Case(string name, Action<JsonObject> falsify) => new TestCaseData(falsify).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Forgeries))]
    public async Task A_pin_that_the_device_did_not_sign_is_not_set(Action<JsonObject> falsify)
    {
        Assert.That(await Set(_phone.SetPin(NewPin, _phone.Pin, falsify)), Is.EqualTo("PermissionDenied invalid_evidence"));
        Assert.That(await Activate(_phone.Pin), Is.EqualTo("accepted"));
    }

    [Test]
    public async Task A_present_pin_of_another_occasion_sets_nothing()
    {
        // Identity has seen the PIN of the enrolment, encrypted; with a stolen phone that must not be enough.
        SetPinRequest stolen = _phone.SetPin(NewPin);
        stolen.CurrentPin = _phone.Enrolment().Pin;
        Assert.That(await Set(stolen), Is.EqualTo("PermissionDenied invalid_evidence"));
        stolen.CurrentPin = _phone.SetPin("593128", _phone.Pin).CurrentPin; // kept from an undelivered change
        Assert.That(await Set(stolen), Is.EqualTo("PermissionDenied invalid_evidence"));
        Assert.That(await Set(_phone.SetPin(NewPin, _phone.Pin, unbind: bound => bound["device"] = Compact.Text(new byte[32]))),
            Is.EqualTo("PermissionDenied invalid_evidence"));
        Assert.That(await Set(_phone.SetPin(NewPin)), Is.EqualTo("InvalidArgument invalid_request"), "no evidence at all");
        Assert.That(await Activate(_phone.Pin), Is.EqualTo("accepted"));
    }

    [Test]
    public async Task A_verification_of_another_device_or_person_sets_nothing()
    {
        Phone other = await _module.EnrolAsync(_phone.Owner), stranger = await _module.EnrolAsync();
        SetPinRequest request = _phone.SetPin(NewPin);
        foreach (string verification in new[]
        {
            _module.Verify(other), _module.Verify(stranger), _module.Verify(_phone, claims => claims["outcome"] = "negative"),
            _module.Verify(_phone, claims => claims["exp"] = claims["iat"]!.GetValue<long>() - 1), stranger.Endorse(_phone),
        })
        {
            request.Verification = verification;
            Assert.That(await Set(request), Is.EqualTo("PermissionDenied invalid_evidence"));
        }
        await _module.Identity.DetachDeviceAsync(new DetachDeviceRequest { OwnerId = other.Owner.ToString(), DeviceId = other.DeviceId.ToString() });
        Assert.That(await Set(other.SetPin(NewPin, other.Pin)), Is.EqualTo("PermissionDenied invalid_evidence"), "a detached device");
        Assert.That(await Set(_phone.SetPin("111111", _phone.Pin)), Is.EqualTo("InvalidArgument trivial_pin"));
        Assert.That(await Module.RefusalOf(_module.Signing.SetPinAsync(_phone.SetPin(NewPin, _phone.Pin))), Is.EqualTo("PermissionDenied peer_refused"));
    }

    [Test]
    public async Task A_pin_change_written_without_the_hsm_confirms_nothing()
    {
        await _module.RunAsOwnerAsync($"""
            insert into pin_change (device_id, number, pin_salt, pin_verifier, mac, set_at)
            select device_id, 1, pin_salt, pin_verifier, row_mac, now() from device where device_id = '{_phone.DeviceId}'
            """);
        _module.Cluster.Logs.ExpectError(144);
        Assert.That(await Activate(_phone.Pin), Is.EqualTo("Internal"));
    }

    [TestCase("delete from pin_attempt where device_id = '{0}'")]
    [TestCase("delete from pin_attempt where device_id = '{0}' and number > 2")]
    public async Task A_pin_counter_restored_from_an_older_row_gives_no_further_guess(string restore)
    {
        for (int i = 0; i < 3; i++)
            Assert.That(await Activate(WrongPin), Is.EqualTo("Unauthenticated invalid_pin"));
        await _module.RunAsOwnerAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, restore, _phone.DeviceId));
        _module.Cluster.Logs.ExpectError(CounterRolledBack);
        Assert.That(await Activate(WrongPin), Is.EqualTo("PermissionDenied device_locked"));
        Assert.That(await Activate(_phone.Pin), Is.EqualTo("PermissionDenied device_locked"));
        Assert.That(_module.Cluster.Logs.Lines.Any(line => line.EventId == CounterRolledBack), Is.True, "an operator is told");
        SetPinRequest request = _phone.SetPin(NewPin);
        request.Verification = _module.Verify(_phone);
        Assert.That(await Set(request), Is.EqualTo("accepted"), "the way out is a fresh verification");
        Assert.That(await Activate(NewPin), Is.EqualTo("accepted"));
    }

    [Test]
    public async Task A_message_sent_again_or_with_a_mirrored_signature_counts_one_wrong_pin_once()
    {
        (OpenTransactionRequest shown, string challenge) = await OpenAsync();
        string message = _phone.Activate(shown, challenge, withPin: WrongPin);
        Assert.That(await ActivateAsync(shown, message), Is.EqualTo("Unauthenticated invalid_pin"));
        for (int i = 0; i < 6; i++)
            Assert.That(await ActivateAsync(shown, i % 2 == 0 ? message : Mirror(message)), Is.EqualTo("Unauthenticated invalid_pin"), "no new guess");
        for (int i = 0; i < 3; i++)
            Assert.That(await Activate(WrongPin), Is.EqualTo("Unauthenticated invalid_pin"));
        Assert.That(await Activate(WrongPin), Is.EqualTo("PermissionDenied device_locked"), "five different ones lock");
    }

    [Test]
    public async Task A_right_pin_that_arrives_again_while_nothing_was_activated_counts_still()
    {
        (OpenTransactionRequest shown, string challenge) = await OpenAsync();
        string message = _phone.Activate(shown, challenge);
        Assert.That(await ActivateAsync(shown, message), Is.EqualTo("accepted"));
        // As if the process had died between the PIN and the activation.
        await _module.RunAsOwnerAsync($"delete from slot where transaction_id = '{shown.TransactionId}'; delete from activation where transaction_id = '{shown.TransactionId}'");
        Assert.That(await ActivateAsync(shown, message), Is.EqualTo("accepted"));
    }

    [Test]
    public async Task Confirmations_of_one_device_in_two_processes_take_turns()
    {
        TestService second = await _module.StartProcessAsync();
        ActivationModule.ActivationModuleClient[] processes = [_module.Signing, _module.ClientOf("signing", second)];
        var opened = await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => OpenAsync()));
        string[] outcomes = await Task.WhenAll(opened.Select((each, i) => Module.RefusalOf(processes[i % 2].ActivateAsync(
            new ActivateRequest { TransactionId = each.Shown.TransactionId, Activation = _phone.Activate(each.Shown, each.Challenge) }))));
        Assert.That(outcomes, Is.All.EqualTo("accepted"), "right PINs under way at once are no open attempts");
        (OpenTransactionRequest shown, string challenge) = await OpenAsync();
        outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Module.RefusalOf(processes[i % 2].ActivateAsync(
            new ActivateRequest { TransactionId = shown.TransactionId, Activation = _phone.Activate(shown, challenge, withPin: WrongPin) }))));
        Assert.That(outcomes.Count(outcome => outcome == "Unauthenticated invalid_pin"), Is.EqualTo(4), string.Join(", ", outcomes));
        Assert.That(outcomes.Count(outcome => outcome == "PermissionDenied device_locked"), Is.EqualTo(16));
        await second.DisposeAsync();
    }

    private async Task<(OpenTransactionRequest Shown, string Challenge)> OpenAsync()
    {
        (OpenTransactionRequest shown, _) = _module.NewTransaction(_phone.Owner, _credential, Module.Digests(1));
        return (shown, (await _module.Signing.OpenTransactionAsync(shown)).Challenge);
    }

    private async Task<string> Activate(string pin)
    {
        (OpenTransactionRequest shown, string challenge) = await OpenAsync();
        return await ActivateAsync(shown, _phone.Activate(shown, challenge, withPin: pin));
    }

    private Task<string> ActivateAsync(OpenTransactionRequest shown, string activation) =>
        Module.RefusalOf(_module.Signing.ActivateAsync(new ActivateRequest { TransactionId = shown.TransactionId, Activation = activation }));

    private Task<string> Set(SetPinRequest request) => Module.RefusalOf(_module.Identity.SetPinAsync(request));

    /// <summary>(r, n - s), which verifies like (r, s).</summary>
    private static string Mirror(string jws)
    {
        var order = new System.Numerics.BigInteger(
            Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"), isUnsigned: true, isBigEndian: true); // FIPS 186-4 D.1.2.3
        string[] parts = jws.Split('.');
        byte[] signature = System.Buffers.Text.Base64Url.DecodeFromChars(parts[2]);
        byte[] s = (order - new System.Numerics.BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true)).ToByteArray(isUnsigned: true, isBigEndian: true);
        byte[] mirrored = [.. signature[..32], .. new byte[32 - s.Length], .. s];
        return $"{parts[0]}.{parts[1]}.{Compact.Text(mirrored)}";
    }
}
