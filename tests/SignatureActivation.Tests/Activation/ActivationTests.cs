using System.Text.Json.Nodes;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.SignatureActivation.Tests.Support;
using Pechat.Testing;

namespace Pechat.SignatureActivation.Tests.Activation;

/// <summary>What authorises digests, and what a hostile Signing cannot authorise.</summary>
public sealed class ActivationTests : WithCredential
{
    private static IEnumerable<TestCaseData> Falsifications()
    {
        yield return Case("an extra digest", claims => claims["digests"]!.AsArray().Add(Compact.Text(Module.Digest(99))));
        yield return Case("an extra digest, counted", claims =>
        {
            claims["digests"]!.AsArray().Add(Compact.Text(Module.Digest(99)));
            claims["count"] = 3;
        });
        yield return Case("a digest less", claims => claims["digests"]!.AsArray().RemoveAt(0));
        yield return Case("another digest", claims => claims["digests"]![0] = Compact.Text(Module.Digest(99)));
        yield return Case("another order", claims => claims["digests"] = new JsonArray(
            claims["digests"]![1]!.GetValue<string>(), claims["digests"]![0]!.GetValue<string>()));
        yield return Case("another count", claims => claims["count"] = 1);
        yield return Case("another transaction", claims => claims["transaction"] = Guid.NewGuid().ToString());
        yield return Case("another credential", claims => claims["credential"] = Guid.NewGuid().ToString());
        yield return Case("another client", claims => claims["client"] = "thief");
        yield return Case("another owner", claims => claims["sub"] = Guid.NewGuid().ToString());
        yield return Case("another kind", claims => claims["kind"] = "SDR");
        yield return Case("another hash", claims => claims["hash_algorithm"] = "2.16.840.1.101.3.4.2.3");
        yield return Case("another text shown", claims => claims["displayed"] = Compact.Text(new byte[32]));
        yield return Case("another challenge", claims => claims["challenge"] = Compact.Text(new byte[32]));
        yield return Case("another audience", claims => claims["aud"] = "pechat-identity");
        yield return Case("another issuer", claims => claims["iss"] = Guid.NewGuid().ToString());
        yield return Case("expired", claims => claims["exp"] = claims["iat"]!.GetValue<long>() - 10);
        yield return Case("issued long ago", claims => claims["iat"] = claims["iat"]!.GetValue<long>() - 86400);
        yield return Case("a claim nobody knows", claims => claims["scope"] = "all");
        yield return Case("no PIN", claims => claims.Remove("pin"));

        static TestCaseData Case(string name, Action<JsonObject> falsify) => new TestCaseData(falsify).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Falsifications)), Requirement("S1-40")]
    public async Task An_activation_of_something_else_is_refused(Action<JsonObject> falsify)
    {
        (OpenTransactionRequest shown, string sad) = _module.NewTransaction(_phone.Owner, _credential, Module.Digests(2));
        string challenge = (await _module.Signing.OpenTransactionAsync(shown)).Challenge;
        Assert.That(await ActivateAsync(shown, _phone.Activate(shown, challenge, falsify)), Is.EqualTo("PermissionDenied invalid_activation"));
        Assert.That(await Module.RefusalOf(_module.Signing.SignAsync(Module.SignAll(shown, sad, Module.Digests(2)))), Is.EqualTo("PermissionDenied invalid_sad"));
        // The refusal used nothing up: the true activation still counts.
        Assert.That(await ActivateAsync(shown, _phone.Activate(shown, challenge)), Is.EqualTo("accepted"));
    }

    [Test]
    public async Task A_replayed_activation_is_refused()
    {
        (OpenTransactionRequest shown, _) = _module.NewTransaction(_phone.Owner, _credential, Module.Digests(1));
        string challenge = (await _module.Signing.OpenTransactionAsync(shown)).Challenge;
        string activation = _phone.Activate(shown, challenge);
        Assert.That(await ActivateAsync(shown, activation), Is.EqualTo("accepted"));
        Assert.That(await ActivateAsync(shown, activation), Is.EqualTo("FailedPrecondition challenge_used"));
        Assert.That(await ActivateAsync(shown, _phone.Activate(shown, challenge)), Is.EqualTo("FailedPrecondition challenge_used"));
        (OpenTransactionRequest next, _) = _module.NewTransaction(_phone.Owner, _credential, Module.Digests(1));
        await _module.Signing.OpenTransactionAsync(next);
        Assert.That(await ActivateAsync(next, activation), Is.EqualTo("PermissionDenied invalid_activation"));
    }

    [Test]
    public async Task Of_many_activations_at_once_one_counts()
    {
        (OpenTransactionRequest shown, _) = _module.NewTransaction(_phone.Owner, _credential, Module.Digests(1));
        string challenge = (await _module.Signing.OpenTransactionAsync(shown)).Challenge;
        string[] outcomes = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ActivateAsync(shown, _phone.Activate(shown, challenge))));
        Assert.That(outcomes.Count(outcome => outcome == "accepted"), Is.EqualTo(1), string.Join(", ", outcomes));
    }

    [Test, Requirement("S1-40")]
    public async Task A_device_of_somebody_else_or_a_detached_one_activates_nothing()
    {
        (OpenTransactionRequest shown, _) = _module.NewTransaction(_phone.Owner, _credential, Module.Digests(1));
        string challenge = (await _module.Signing.OpenTransactionAsync(shown)).Challenge;
        Phone stranger = await _module.EnrolAsync();
        Assert.That(await ActivateAsync(shown, stranger.Activate(shown, challenge, claims => claims["sub"] = _phone.Owner.ToString())),
            Is.EqualTo("PermissionDenied invalid_activation"));
        Phone detached = await _module.EnrolAsync(_phone.Owner);
        await _module.Identity.DetachDeviceAsync(new DetachDeviceRequest { OwnerId = _phone.Owner.ToString(), DeviceId = detached.DeviceId.ToString() });
        Assert.That(await ActivateAsync(shown, detached.Activate(shown, challenge)), Is.EqualTo("PermissionDenied invalid_activation"));
    }

    [Test]
    public async Task A_pin_that_was_encrypted_for_another_challenge_is_refused()
    {
        (OpenTransactionRequest shown, _) = _module.NewTransaction(_phone.Owner, _credential, Module.Digests(1));
        string challenge = (await _module.Signing.OpenTransactionAsync(shown)).Challenge;
        Assert.That(await ActivateAsync(shown, _phone.Activate(shown, challenge, pinChallenge: Compact.Text(new byte[32]))),
            Is.EqualTo("PermissionDenied invalid_activation"));
    }

    [Test]
    public async Task Five_wrong_pins_lock_the_device_for_good()
    {
        Phone phone = await _module.EnrolAsync();
        string credential = (await _module.CreateCredentialAsync(phone.Owner)).CredentialId;
        (OpenTransactionRequest shown, _) = _module.NewTransaction(phone.Owner, credential, Module.Digests(1));
        string challenge = (await _module.Signing.OpenTransactionAsync(shown)).Challenge;
        for (int i = 0; i < 4; i++)
            Assert.That(await ActivateAsync(shown, phone.Activate(shown, challenge, withPin: "904162")), Is.EqualTo("Unauthenticated invalid_pin"), $"try {i}");
        Assert.That(await ActivateAsync(shown, phone.Activate(shown, challenge, withPin: "904162")), Is.EqualTo("PermissionDenied device_locked"));
        Assert.That(await ActivateAsync(shown, phone.Activate(shown, challenge)), Is.EqualTo("PermissionDenied device_locked"), "the right PIN comes too late");
    }

    [Test]
    public async Task A_right_pin_forgives_the_wrong_ones_before_it()
    {
        Phone phone = await _module.EnrolAsync();
        string credential = (await _module.CreateCredentialAsync(phone.Owner)).CredentialId;
        for (int round = 0; round < 3; round++)
        {
            (OpenTransactionRequest shown, _) = _module.NewTransaction(phone.Owner, credential, Module.Digests(1));
            string challenge = (await _module.Signing.OpenTransactionAsync(shown)).Challenge;
            for (int i = 0; i < 4; i++)
                Assert.That(await ActivateAsync(shown, phone.Activate(shown, challenge, withPin: "904162")), Is.EqualTo("Unauthenticated invalid_pin"));
            Assert.That(await ActivateAsync(shown, phone.Activate(shown, challenge)), Is.EqualTo("accepted"));
        }
    }

    [Test]
    public async Task Wrong_pins_at_once_get_five_tries_together()
    {
        Phone phone = await _module.EnrolAsync();
        string credential = (await _module.CreateCredentialAsync(phone.Owner)).CredentialId;
        (OpenTransactionRequest shown, _) = _module.NewTransaction(phone.Owner, credential, Module.Digests(1));
        string challenge = (await _module.Signing.OpenTransactionAsync(shown)).Challenge;
        string[] outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ActivateAsync(shown, phone.Activate(shown, challenge, withPin: "904162"))));
        Assert.That(outcomes.Count(outcome => outcome == "Unauthenticated invalid_pin"), Is.LessThanOrEqualTo(4), string.Join(", ", outcomes));
        Assert.That(outcomes, Has.Member("PermissionDenied device_locked"));
        Assert.That(await ActivateAsync(shown, phone.Activate(shown, challenge)), Is.EqualTo("PermissionDenied device_locked"));
    }

    [Test]
    public async Task Right_pins_at_once_lock_nothing()
    {
        OpenTransactionRequest[] shown = [.. Enumerable.Range(0, 20).Select(_ => _module.NewTransaction(_phone.Owner, _credential, Module.Digests(1)).Request)];
        string[] outcomes = await Task.WhenAll(shown.Select(async each =>
            await ActivateAsync(each, _phone.Activate(each, (await _module.Signing.OpenTransactionAsync(each)).Challenge))));
        Assert.That(outcomes, Is.All.EqualTo("accepted"));
    }

    [Test]
    public async Task A_message_with_a_wrong_pin_cannot_be_repeated_to_lock_the_device()
    {
        Phone phone = await _module.EnrolAsync();
        string credential = (await _module.CreateCredentialAsync(phone.Owner)).CredentialId;
        (OpenTransactionRequest shown, _) = _module.NewTransaction(phone.Owner, credential, Module.Digests(1));
        string challenge = (await _module.Signing.OpenTransactionAsync(shown)).Challenge;
        string wrong = phone.Activate(shown, challenge, withPin: "904162");
        Assert.That(await ActivateAsync(shown, wrong), Is.EqualTo("Unauthenticated invalid_pin"));
        for (int i = 0; i < 6; i++)
            Assert.That(await ActivateAsync(shown, wrong), Is.EqualTo("Unauthenticated invalid_pin"));
        Assert.That(await ActivateAsync(shown, phone.Activate(shown, challenge)), Is.EqualTo("accepted"));
    }

    [Test]
    public async Task A_closed_or_expired_transaction_is_not_activated()
    {
        (OpenTransactionRequest closed, _) = _module.NewTransaction(_phone.Owner, _credential, Module.Digests(1));
        string challenge = (await _module.Signing.OpenTransactionAsync(closed)).Challenge;
        await _module.Signing.CloseTransactionAsync(new CloseTransactionRequest { TransactionId = closed.TransactionId });
        await _module.Signing.CloseTransactionAsync(new CloseTransactionRequest { TransactionId = closed.TransactionId });
        Assert.That(await ActivateAsync(closed, _phone.Activate(closed, challenge)), Is.EqualTo("FailedPrecondition transaction_closed"));
        (OpenTransactionRequest expired, _) = _module.NewTransaction(_phone.Owner, _credential, Module.Digests(1));
        challenge = (await _module.Signing.OpenTransactionAsync(expired)).Challenge;
        _module.Cluster.Clock.Advance(TimeSpan.FromHours(49));
        Assert.That(await ActivateAsync(expired, _phone.Activate(expired, challenge)), Is.EqualTo("FailedPrecondition transaction_expired"));
    }

    [Test]
    public async Task A_transaction_over_somebody_elses_credential_is_not_opened()
    {
        Phone stranger = await _module.EnrolAsync();
        (OpenTransactionRequest request, _) = _module.NewTransaction(stranger.Owner, _credential, Module.Digests(1));
        Assert.That(await Module.RefusalOf(_module.Signing.OpenTransactionAsync(request)), Is.EqualTo("NotFound unknown_credential"));
    }

    private static IEnumerable<TestCaseData> BadRequests()
    {
        yield return Case("no digest", request => request.Digests.Clear());
        yield return Case("a short digest", request => request.Digests[0] = Google.Protobuf.ByteString.CopyFrom(new byte[20]));
        yield return Case("SHA-1", request => request.HashAlgorithm = "1.3.14.3.2.26");
        yield return Case("no kind", request => request.Kind = DigestKind.Unspecified);
        yield return Case("no client", request => request.ClientId = "");
        yield return Case("a SAD too long alive", request => request.SadLifetime.Seconds = 3601);
        yield return Case("a confirmation in two months", request => request.ExpiresAt.Seconds += 60 * 86400);
        yield return Case("no times", request => request.ExpiresAt = null);
        yield return Case("no hash of what is shown", request => request.DisplayedHash = Google.Protobuf.ByteString.Empty);
        yield return Case("no id", request => request.TransactionId = "1");

        static TestCaseData Case(string name, Action<OpenTransactionRequest> spoil) => new TestCaseData(spoil).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(BadRequests))]
    public async Task A_malformed_transaction_is_not_opened(Action<OpenTransactionRequest> spoil)
    {
        (OpenTransactionRequest request, _) = _module.NewTransaction(_phone.Owner, _credential, Module.Digests(1));
        spoil(request);
        Assert.That(await Module.RefusalOf(_module.Signing.OpenTransactionAsync(request)), Is.EqualTo("InvalidArgument invalid_request"));
    }

    private Task<string> ActivateAsync(OpenTransactionRequest shown, string activation) =>
        Module.RefusalOf(_module.Signing.ActivateAsync(new ActivateRequest { TransactionId = shown.TransactionId, Activation = activation }));
}
