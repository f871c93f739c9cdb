using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.SignatureActivation.Credentials;
using Pechat.SignatureActivation.Tests.Support;
using Pechat.Testing;

namespace Pechat.SignatureActivation.Tests.Credentials;

public sealed class DestroyCredentialTests
{
    private Module _module = null!;
    private Phone _phone = null!;
    private CreateCredentialRequest _created = null!;
    private string _credential = "";

    [OneTimeSetUp]
    public async Task Start()
    {
        _module = await Module.StartAsync();
        _phone = await _module.EnrolAsync();
    }

    [SetUp]
    public async Task Create()
    {
        _created = new CreateCredentialRequest { RequestId = Guid.NewGuid().ToString(), OwnerId = _phone.Owner.ToString(), CommonName = "Test Person" };
        _credential = (await _module.Registration.CreateCredentialAsync(_created)).CredentialId;
    }

    [OneTimeTearDown]
    public async Task Stop() => await _module.DisposeAsync();

    [Test, Requirement("S1-44")]
    public async Task A_destroyed_key_signs_nothing_more_and_leaves_evidence_instead_of_a_key()
    {
        int before = Cached(_module.Service);
        SignRequest used = await _module.ActivatedAsync(_phone, _credential, Module.Digests(2));
        SignRequest first = used.Clone();
        first.Items.RemoveAt(1);
        await _module.Signing.SignAsync(first);
        (OpenTransactionRequest waiting, _) = _module.NewTransaction(_phone.Owner, _credential, Module.Digests(1));
        string challenge = (await _module.Signing.OpenTransactionAsync(waiting)).Challenge;
        Assert.That(Cached(_module.Service), Is.EqualTo(before + 1));

        DestroyCredentialReply reply = await _module.Registration.DestroyCredentialAsync(Destruction());

        Assert.That(Cached(_module.Service), Is.EqualTo(before), "the handle is gone");
        used.Items.RemoveAt(0);
        Assert.That(await Module.RefusalOf(_module.Signing.SignAsync(used)), Is.EqualTo("FailedPrecondition credential_destroyed"));
        Assert.That(await Module.RefusalOf(_module.Signing.ActivateAsync(new ActivateRequest
        {
            TransactionId = waiting.TransactionId, Activation = _phone.Activate(waiting, challenge),
        })), Is.EqualTo("FailedPrecondition credential_destroyed"));
        (OpenTransactionRequest next, _) = _module.NewTransaction(_phone.Owner, _credential, Module.Digests(1));
        Assert.That(await Module.RefusalOf(_module.Signing.OpenTransactionAsync(next)), Is.EqualTo("FailedPrecondition credential_destroyed"));
        Assert.That(await Module.RefusalOf(_module.Registration.CreateCredentialAsync(_created)), Is.EqualTo("FailedPrecondition credential_destroyed"));

        await using NpgsqlConnection connection = await _module.Database.DataSource.OpenConnectionAsync();
        Assert.That(await connection.ExecuteScalarAsync<int>($"select length(wrapped_key) from credential where credential_id = '{_credential}'"), Is.Zero);
        var records = (await connection.QueryAsync<string>($"select content from audit where content like '%{_credential}%' and content like '%key.destroy%' order by number")).AsList();
        Assert.That(records, Has.Count.EqualTo(2));
        Assert.That(records[0], Does.Contain("key.destroying").And.Contains("renewed elsewhere"));
        string mac = await connection.ExecuteScalarAsync<string>($"select upper(encode(mac, 'hex')) from destruction where credential_id = '{_credential}'") ?? "";
        Assert.That(records[1], Does.Contain("key.destroyed").And.Contains(mac));

        _module.Cluster.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.That(await _module.Signing.DestroyCredentialAsync(Destruction()), Is.EqualTo(reply), "a repeated call answers the first destruction");
    }

    [Test]
    public async Task Another_process_refuses_at_once_and_drops_its_handle()
    {
        TestService second = await _module.StartProcessAsync();
        ActivationModule.ActivationModuleClient other = _module.ClientOf("signing", second);
        SignRequest request = await _module.ActivatedAsync(_phone, _credential, Module.Digests(2));
        SignRequest first = request.Clone();
        first.Items.RemoveAt(1);
        await other.SignAsync(first);
        request.Items.RemoveAt(0);
        await _module.Registration.DestroyCredentialAsync(Destruction());
        Assert.That(await Module.RefusalOf(other.SignAsync(request)), Is.EqualTo("FailedPrecondition credential_destroyed"));
        using (EvictDestroyedKeys eviction = ActivatorUtilities.CreateInstance<EvictDestroyedKeys>(second.Services))
            await eviction.RunOnceAsync(CancellationToken.None);
        Assert.That(Cached(second), Is.Zero);
        await second.DisposeAsync();
    }

    [Test]
    public async Task Only_the_owners_key_is_destroyed_and_only_for_a_reason()
    {
        Phone stranger = await _module.EnrolAsync();
        DestroyCredentialRequest request = Destruction();
        request.OwnerId = stranger.Owner.ToString();
        Assert.That(await Destroy(request), Is.EqualTo("NotFound unknown_credential"));
        request = Destruction();
        request.CredentialId = Guid.NewGuid().ToString();
        Assert.That(await Destroy(request), Is.EqualTo("NotFound unknown_credential"));
        request = Destruction();
        request.Reason = "";
        Assert.That(await Destroy(request), Is.EqualTo("InvalidArgument invalid_request"));
        request.Reason = new string('x', 201);
        Assert.That(await Destroy(request), Is.EqualTo("InvalidArgument invalid_request"));
        Assert.That(await Module.RefusalOf(_module.Identity.DestroyCredentialAsync(Destruction())), Is.EqualTo("PermissionDenied peer_refused"));
        Assert.That(await Module.RefusalOf(_module.Signing.SignAsync(await _module.ActivatedAsync(_phone, _credential, Module.Digests(1)))), Is.EqualTo("accepted"));
    }

    private DestroyCredentialRequest Destruction() => new() { CredentialId = _credential, OwnerId = _phone.Owner.ToString(), Reason = "renewed elsewhere" };

    private Task<string> Destroy(DestroyCredentialRequest request) => Module.RefusalOf(_module.Registration.DestroyCredentialAsync(request));

    private static int Cached(TestService process) => process.Services.GetRequiredService<UserKeys>().Cached;
}
