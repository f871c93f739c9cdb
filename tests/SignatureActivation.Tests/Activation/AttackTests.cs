using Google.Protobuf;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.SignatureActivation.Tests.Support;
using Pechat.Testing;

namespace Pechat.SignatureActivation.Tests.Activation;

/// <summary>
/// What Signing and Identity try together when both are hostile. Falsified claims, replays and misuse of a SAD stand in ActivationTests and
/// SigningTests, forged enrolments in EnrolmentTests, PINs in PinTests, rows in HostileDatabaseTests.
/// </summary>
public sealed class AttackTests : WithCredential
{
    [Test]
    public async Task Double_spend_of_one_slot_by_1000_calls_at_once_in_two_processes_gives_one_signature()
    {
        TestService second = await _module.StartProcessAsync();
        ActivationModule.ActivationModuleClient[] processes = [_module.Signing, _module.ClientOf("signing", second)];
        SignRequest request = await _module.ActivatedAsync(_phone, _credential, [Module.Digest(1)]);
        string[] outcomes = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => Task.Run(() => Module.RefusalOf(processes[i % 2].SignAsync(request)))));
        var counted = outcomes.CountBy(outcome => outcome).ToDictionary();
        Assert.That(counted.GetValueOrDefault("accepted"), Is.EqualTo(1), string.Join(", ", counted));
        Assert.That(counted.Keys, Is.SubsetOf(new[] { "accepted", "PermissionDenied digest_not_authorised", "ResourceExhausted hsm_busy" }));
        await second.DisposeAsync();
    }

    [TestCase(false, "FailedPrecondition transaction_closed")]
    [TestCase(true, "PermissionDenied invalid_sad")]
    public async Task Process_that_remembers_an_activation_signs_nothing_after_another_process_closed_or_renewed_it(bool renew, string refusal)
    {
        await using TestService second = await _module.StartProcessAsync();
        ActivationModule.ActivationModuleClient other = _module.ClientOf("signing", second);
        SignRequest first = await _module.ActivatedAsync(_phone, _credential, [.. Module.Digests(2)]);
        SignRequest rest = first.Clone();
        first.Items.RemoveAt(1);
        rest.Items.RemoveAt(0);
        await _module.Signing.SignAsync(first); // from now on this process remembers the activation
        if (renew)
            await other.RenewSadAsync(new RenewSadRequest
            {
                CredentialId = rest.CredentialId,
                ClientId = rest.ClientId,
                TransactionId = rest.TransactionId,
                Sad = rest.Sad,
                NewSadHash = ByteString.CopyFrom(System.Security.Cryptography.SHA256.HashData("another SAD"u8)),
            });
        else
            await other.CloseTransactionAsync(new CloseTransactionRequest { TransactionId = rest.TransactionId });
        Assert.That(await Module.RefusalOf(_module.Signing.SignAsync(rest)), Is.EqualTo(refusal));
    }

    [Test]
    public async Task Stale_challenge_of_an_earlier_transaction_activates_nothing()
    {
        (OpenTransactionRequest earlier, _) = _module.NewTransaction(_phone.Owner, _credential, Module.Digests(1));
        string stale = (await _module.Signing.OpenTransactionAsync(earlier)).Challenge;
        (OpenTransactionRequest shown, _) = _module.NewTransaction(_phone.Owner, _credential, Module.Digests(1));
        string challenge = (await _module.Signing.OpenTransactionAsync(shown)).Challenge;
        Assert.That(await Activate(shown, _phone.Activate(shown, stale)), Is.EqualTo("PermissionDenied invalid_activation"));
        Assert.That(await Activate(shown, _phone.Activate(shown, challenge, pinChallenge: stale)), Is.EqualTo("PermissionDenied invalid_activation"));
        // Nor the same transaction opened again, for a fresh challenge to an old confirmation.
        Assert.That(await Module.RefusalOf(_module.Signing.OpenTransactionAsync(shown)), Is.EqualTo("FailedPrecondition transaction_exists"));
        Assert.That(await Activate(shown, _phone.Activate(shown, challenge)), Is.EqualTo("accepted"));
    }

    [Test]
    public async Task Expired_activation_that_signing_held_back_activates_nothing()
    {
        (OpenTransactionRequest shown, string sad) = _module.NewTransaction(_phone.Owner, _credential, Module.Digests(1));
        string held = _phone.Activate(shown, (await _module.Signing.OpenTransactionAsync(shown)).Challenge);
        _module.Cluster.Clock.Advance(TimeSpan.FromMinutes(6)); // the phone gave it five
        Assert.That(await Activate(shown, held), Is.EqualTo("PermissionDenied invalid_activation"));
        Assert.That(await Module.RefusalOf(_module.Signing.SignAsync(Module.SignAll(shown, sad, Module.Digests(1)))), Is.EqualTo("PermissionDenied invalid_sad"));
        string ahead = _phone.Activate(shown, "", claims => claims["iat"] = claims["iat"]!.GetValue<long>() + 3600);
        Assert.That(await Activate(shown, ahead), Is.EqualTo("PermissionDenied invalid_activation"), "nor one from the future");
    }

    [Test]
    public async Task Activation_of_one_transaction_does_not_open_another_with_the_same_digests()
    {
        (OpenTransactionRequest confirmed, string sad) = _module.NewTransaction(_phone.Owner, _credential, Module.Digests(1));
        string activation = _phone.Activate(confirmed, (await _module.Signing.OpenTransactionAsync(confirmed)).Challenge);
        OpenTransactionRequest twin = confirmed.Clone();
        twin.TransactionId = Guid.NewGuid().ToString();
        await _module.Signing.OpenTransactionAsync(twin);
        Assert.That(await Activate(confirmed, activation), Is.EqualTo("accepted"));
        Assert.That(await Activate(twin, activation), Is.EqualTo("PermissionDenied invalid_activation"));
        Assert.That(await Module.RefusalOf(_module.Signing.SignAsync(Module.SignAll(twin, sad, Module.Digests(1)))), Is.EqualTo("PermissionDenied invalid_sad"),
            "not even with the same SAD");
    }

    [Test]
    public async Task Other_owner_gains_nothing_from_an_activation_of_his_own()
    {
        Phone thief = await _module.EnrolAsync();
        string own = (await _module.CreateCredentialAsync(thief.Owner)).CredentialId;
        SignRequest request = await _module.ActivatedAsync(thief, own, Module.Digests(1));
        request.CredentialId = _credential;
        Assert.That(await Module.RefusalOf(_module.Signing.SignAsync(request)), Is.EqualTo("PermissionDenied wrong_credential"));
        // Identity enrols the thief's phone for the victim on the thief's own verification, or on his endorsement.
        EnrolDeviceRequest enrolment = _module.NewPhone(_phone.Owner).Enrolment();
        enrolment.Verification = _module.Verify(thief);
        Assert.That(await Module.RefusalOf(_module.Identity.EnrolDeviceAsync(enrolment)), Is.EqualTo("PermissionDenied invalid_evidence"));
        // Signing opens over the victim's key in the thief's name.
        (OpenTransactionRequest shown, _) = _module.NewTransaction(thief.Owner, _credential, Module.Digests(1));
        Assert.That(await Module.RefusalOf(_module.Signing.OpenTransactionAsync(shown)), Is.EqualTo("NotFound unknown_credential"));
    }

    [TestCase(1)]
    [TestCase(-1)]
    [TestCase(int.MaxValue)]
    public async Task Slot_row_added_in_the_database_signs_nothing_more(int position)
    {
        SignRequest request = await _module.ActivatedAsync(_phone, _credential, [Module.Digest(1)]);
        // The application role may insert slots: this is what a hole in the SAM's own SQL would give.
        await using (Npgsql.NpgsqlConnection connection = await _module.Database.DataSource.OpenConnectionAsync())
            await Dapper.SqlMapper.ExecuteAsync(connection, $"insert into slot (transaction_id, position) values ('{request.TransactionId}', {position})");
        SignRequest more = request.Clone();
        more.Items.Add(request.Items[0]);
        Assert.That(await Module.RefusalOf(_module.Signing.SignAsync(more)), Is.EqualTo("PermissionDenied digest_not_authorised"));
        more.Items[1] = new SignItem { Digest = ByteString.CopyFrom(Module.Digest(2)) };
        Assert.That(await Module.RefusalOf(_module.Signing.SignAsync(more)), Is.EqualTo("PermissionDenied digest_not_authorised"));
        Assert.That(await Module.RefusalOf(_module.Signing.SignAsync(request)), Is.EqualTo("accepted"));
        Assert.That(await Module.RefusalOf(_module.Signing.SignAsync(request)), Is.EqualTo("PermissionDenied digest_not_authorised"));
    }

    [TestCase("device_id", "device_id = (select device_id from device where device_id <> '{1}' limit 1)")]
    [TestCase("sad_expires_at", "sad_expires_at = sad_expires_at + interval '1 day'")]
    [TestCase("mac", "mac = (select mac from activation where transaction_id <> '{0}' limit 1)")]
    public async Task Activation_row_that_was_changed_in_the_database_signs_nothing(string column, string change)
    {
        await _module.EnrolAsync();
        await _module.ActivatedAsync(_phone, _credential, [Module.Digest(2)]);
        SignRequest request = await _module.ActivatedAsync(_phone, _credential, [Module.Digest(1)]);
        await _module.RunAsOwnerAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture,
            $"update activation set {change} where transaction_id = '{{0}}'", request.TransactionId, _phone.DeviceId));
        _module.Cluster.Logs.ExpectError(144);
        Assert.That(await Module.RefusalOf(_module.Signing.SignAsync(request)), Is.EqualTo("Internal"), column);
    }

    [TestCase("client_id = 'thief'")]
    [TestCase("kind = 2")]
    [TestCase("hash_algorithm = '2.16.840.1.101.3.4.2.3'")]
    [TestCase("digests = digests || digests")]
    [TestCase("credential_id = (select credential_id from credential where owner_id <> signing_transaction.owner_id limit 1)")]
    public async Task Transaction_row_that_was_changed_after_the_activation_signs_nothing(string change)
    {
        await _module.CreateCredentialAsync((await _module.EnrolAsync()).Owner);
        SignRequest request = await _module.ActivatedAsync(_phone, _credential, [Module.Digest(1)]);
        await _module.RunAsOwnerAsync($"update signing_transaction set {change} where transaction_id = '{request.TransactionId}'");
        _module.Cluster.Logs.ExpectError(144);
        Assert.That(await Module.RefusalOf(_module.Signing.SignAsync(request)), Is.EqualTo("Internal"));
    }

    private Task<string> Activate(OpenTransactionRequest shown, string activation) =>
        Module.RefusalOf(_module.Signing.ActivateAsync(new ActivateRequest { TransactionId = shown.TransactionId, Activation = activation }));
}
