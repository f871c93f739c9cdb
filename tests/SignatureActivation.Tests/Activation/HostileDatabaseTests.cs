using Dapper;
using Npgsql;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.SignatureActivation.Tests.Support;

namespace Pechat.SignatureActivation.Tests.Activation;

/// <summary>What somebody cannot do who can write to the database but not to the HSM.</summary>
public sealed class HostileDatabaseTests
{
    private const int UnexpectedDefect = 144; // the interceptor's log of an exception that is no refusal

    private Module _module = null!;

    [SetUp]
    public async Task Start() => _module = await Module.StartAsync();

    [TearDown]
    public async Task Stop() => await _module.DisposeAsync();

    [TestCase("wrapped_key = o.wrapped_key, public_key = o.public_key")]
    [TestCase("wrapped_key = o.wrapped_key")]
    [TestCase("wrapped_key = o.wrapped_key, public_key = o.public_key, row_mac = o.row_mac")]
    public async Task A_wrapped_key_that_was_swapped_between_rows_signs_nothing(string swapped)
    {
        Phone thief = await _module.EnrolAsync(), victim = await _module.EnrolAsync();
        string own = (await _module.CreateCredentialAsync(thief.Owner)).CredentialId, other = (await _module.CreateCredentialAsync(victim.Owner)).CredentialId;
        await OwnerAsync($"drop index credential_public_key; update credential c set {swapped} from credential o where c.credential_id = '{own}' and o.credential_id = '{other}'");
        SignRequest request = await _module.ActivatedAsync(thief, own, [Module.Digest(1)]);
        Assert.That(await Module.RefusalOf(_module.Signing.SignAsync(request)), Is.EqualTo("PermissionDenied key_binding_broken"));
    }

    [Test]
    public async Task A_credential_that_changed_its_owner_signs_nothing()
    {
        Phone thief = await _module.EnrolAsync(), victim = await _module.EnrolAsync();
        string credential = (await _module.CreateCredentialAsync(victim.Owner)).CredentialId;
        await OwnerAsync($"update credential set owner_id = '{thief.Owner}' where credential_id = '{credential}'");
        SignRequest request = await _module.ActivatedAsync(thief, credential, [Module.Digest(1)]);
        Assert.That(await Module.RefusalOf(_module.Signing.SignAsync(request)), Is.EqualTo("PermissionDenied key_binding_broken"));
    }

    [Test]
    public async Task Slots_and_an_activation_written_without_the_device_sign_nothing()
    {
        Phone phone = await _module.EnrolAsync();
        string credential = (await _module.CreateCredentialAsync(phone.Owner)).CredentialId;
        (OpenTransactionRequest shown, string sad) = _module.NewTransaction(phone.Owner, credential, [Module.Digest(1)]);
        await _module.Signing.OpenTransactionAsync(shown);
        await OwnerAsync($"""
            insert into activation (transaction_id, device_id, message, activated_at, sad_expires_at, mac)
            values ('{shown.TransactionId}', '{phone.DeviceId}', '', now(), now() + interval '1 hour', decode(repeat('00', 32), 'hex'));
            insert into slot (transaction_id, position) values ('{shown.TransactionId}', 0)
            """);
        _module.Cluster.Logs.ExpectError(UnexpectedDefect);
        Assert.That(await Module.RefusalOf(_module.Signing.SignAsync(Module.SignAll(shown, sad, [Module.Digest(1)]))), Is.EqualTo("Internal"));
    }

    [Test]
    public async Task Digests_that_were_exchanged_after_the_activation_sign_nothing()
    {
        Phone phone = await _module.EnrolAsync();
        string credential = (await _module.CreateCredentialAsync(phone.Owner)).CredentialId;
        SignRequest request = await _module.ActivatedAsync(phone, credential, [Module.Digest(1)]);
        await OwnerAsync($"update signing_transaction set digests = array[decode('{Convert.ToHexString(Module.Digest(2))}', 'hex')] where transaction_id = '{request.TransactionId}'");
        request.Items[0].Digest = Google.Protobuf.ByteString.CopyFrom(Module.Digest(2));
        _module.Cluster.Logs.ExpectError(UnexpectedDefect);
        Assert.That(await Module.RefusalOf(_module.Signing.SignAsync(request)), Is.EqualTo("Internal"));
    }

    [Test]
    public async Task A_device_key_that_was_exchanged_activates_nothing()
    {
        Phone victim = await _module.EnrolAsync(), thief = await _module.EnrolAsync();
        string credential = (await _module.CreateCredentialAsync(victim.Owner)).CredentialId;
        await OwnerAsync($"update device d set owner_id = '{victim.Owner}' where device_id = '{thief.DeviceId}'");
        (OpenTransactionRequest shown, _) = _module.NewTransaction(victim.Owner, credential, [Module.Digest(1)]);
        string challenge = (await _module.Signing.OpenTransactionAsync(shown)).Challenge;
        string activation = thief.Activate(shown, challenge, claims => claims["sub"] = victim.Owner.ToString());
        _module.Cluster.Logs.ExpectError(UnexpectedDefect);
        Assert.That(await Module.RefusalOf(_module.Signing.ActivateAsync(new ActivateRequest { TransactionId = shown.TransactionId, Activation = activation })),
            Is.EqualTo("Internal"));
    }

    [Test]
    public async Task A_forged_pin_success_forgives_nothing()
    {
        Phone phone = await _module.EnrolAsync();
        string credential = (await _module.CreateCredentialAsync(phone.Owner)).CredentialId;
        (OpenTransactionRequest shown, _) = _module.NewTransaction(phone.Owner, credential, [Module.Digest(1)]);
        string challenge = (await _module.Signing.OpenTransactionAsync(shown)).Challenge;
        for (int i = 0; i < 5; i++)
            await Module.RefusalOf(_module.Signing.ActivateAsync(new ActivateRequest { TransactionId = shown.TransactionId, Activation = phone.Activate(shown, challenge, withPin: "904162") }));
        await ApplicationAsync($"insert into pin_success (device_id, number, mac) values ('{phone.DeviceId}', 5, decode(repeat('00', 32), 'hex'))");
        _module.Cluster.Logs.ExpectError(UnexpectedDefect);
        Assert.That(await Module.RefusalOf(_module.Signing.ActivateAsync(new ActivateRequest { TransactionId = shown.TransactionId, Activation = phone.Activate(shown, challenge) })),
            Is.EqualTo("Internal"));
    }

    [TestCase("delete from pin_attempt")]
    [TestCase("update pin_attempt set number = 0")]
    [TestCase("truncate pin_attempt cascade")]
    [TestCase("update pin_success set number = 0")]
    [TestCase("update device set pin_verifier = ''")]
    [TestCase("delete from detachment")]
    [TestCase("delete from evidence")]
    [TestCase("update credential set wrapped_key = ''")]
    [TestCase("update signing_transaction set digests = '{}'")]
    [TestCase("update activation set sad_expires_at = now()")]
    [TestCase("delete from closure")]
    [TestCase("delete from pin_change")]
    [TestCase("update pin_change set number = 9")]
    [TestCase("delete from renewal")]
    [TestCase("delete from wrapping")]
    [TestCase("update wrapping set wrapped_key = ''")]
    [TestCase("update spare_key set wrapped_key = ''")]
    [TestCase("delete from destruction")]
    [TestCase("update destruction set destroyed_at = now()")]
    [TestCase("delete from slot")]
    [TestCase("update slot set position = 1")]
    [TestCase("update audit set content = ''")]
    [TestCase("delete from audit")]
    [TestCase("update log_entry set hash = ''")]
    [TestCase("delete from automation_use")]
    [TestCase("delete from automation_end")]
    [TestCase("update automation set max_signatures = 9")]
    [TestCase("delete from log_entry")]
    [TestCase("delete from log_node")]
    [TestCase("delete from log_checkpoint")]
    [TestCase("alter table slot disable trigger all")]
    public void The_application_role_rolls_nothing_back(string sql)
    {
        PostgresException? refusal = Assert.ThrowsAsync<PostgresException>(() => ApplicationAsync(sql));
        Assert.That(refusal!.SqlState, Is.EqualTo(PostgresErrorCodes.InsufficientPrivilege));
    }

    [Test]
    public async Task A_consumed_slot_is_never_free_again()
    {
        Phone phone = await _module.EnrolAsync();
        string credential = (await _module.CreateCredentialAsync(phone.Owner)).CredentialId;
        SignRequest request = await _module.ActivatedAsync(phone, credential, [Module.Digest(1)]);
        await _module.Signing.SignAsync(request);
        foreach (string state in new[] { "AUTHORISED", "RESERVED" })
        {
            PostgresException? refusal = Assert.ThrowsAsync<PostgresException>(
                () => ApplicationAsync($"update slot set state = '{state}' where transaction_id = '{request.TransactionId}'"));
            Assert.That(refusal!.SqlState, Is.EqualTo(PostgresErrorCodes.CheckViolation));
        }
    }

    private Task OwnerAsync(string sql) => RunAsync(_module.Database.Owner, sql);

    private Task ApplicationAsync(string sql) => RunAsync(_module.Database.DataSource, sql);

    private static async Task RunAsync(NpgsqlDataSource source, string sql)
    {
        await using NpgsqlConnection connection = await source.OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }
}
