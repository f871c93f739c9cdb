using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Pkcs11;
using Pechat.Pki;
using Pechat.SignatureActivation.Credentials;
using Pechat.SignatureActivation.Keys;
using Pechat.SignatureActivation.Tests.Support;
using Pechat.Testing;

namespace Pechat.SignatureActivation.Tests.Credentials;

/// <summary>The roll-over of the KEK.</summary>
public sealed class RewrapKeysTests
{
    private const int Credentials = 6, NotOurs = 6006;

    private Module _module = null!;
    private Phone _phone = null!;
    private CreateCredentialReply[] _credentials = [];

    [SetUp]
    public async Task Start()
    {
        _module = await Module.StartAsync(keyCacheCapacity: 2); // so that keys are unwrapped all the time
        _phone = await _module.EnrolAsync();
        _credentials = await Task.WhenAll(Enumerable.Range(0, Credentials).Select(_ => _module.CreateCredentialAsync(_phone.Owner)));
    }

    [TearDown]
    public async Task Stop() => await _module.DisposeAsync();

    [Test]
    public async Task Signing_goes_on_during_a_roll_over_and_the_old_kek_is_dispensable_after_it()
    {
        TestService second = await _module.StartProcessAsync();
        ActivationModule.ActivationModuleClient[] processes = [_module.Signing, _module.ClientOf("signing", second)];
        using var done = new CancellationTokenSource();
        Task<int>[] load = [.. Enumerable.Range(0, 4).Select(worker => Task.Run(() => SignAsync(processes[worker % 2], worker, done.Token)))];
        using RewrapKeys first = RewrapOf(_module.Service), other = RewrapOf(second);
        Assert.That(await first.RunOnceAsync(CancellationToken.None), Is.Zero, "nothing to do before");
        await MakeGenerationAsync();
        int[] counts = await Task.WhenAll(first.RunOnceAsync(CancellationToken.None), other.RunOnceAsync(CancellationToken.None));
        Assert.That(counts.Sum(), Is.EqualTo(Credentials), "each key once, by whichever process");
        Assert.That(await first.RunOnceAsync(CancellationToken.None) + await other.RunOnceAsync(CancellationToken.None), Is.Zero);
        CreateCredentialReply newcomer = await _module.CreateCredentialAsync(_phone.Owner);
        await done.CancelAsync();
        Assert.That((await Task.WhenAll(load)).Sum(), Is.Positive);

        await using (NpgsqlConnection connection = await _module.Database.DataSource.OpenConnectionAsync())
        {
            Assert.That(await connection.ExecuteScalarAsync<int>("select count(*) from wrapping where kek_generation = 2"), Is.EqualTo(Credentials));
            Assert.That(await connection.ExecuteScalarAsync<int>($"select kek_generation from credential where credential_id = '{newcomer.CredentialId}'"), Is.EqualTo(2));
        }
        using (TokenPool pool = _module.Hsm.OpenPool(1))
            await pool.DestroyAsync((await pool.FindKeyAsync(KekRing.Label(1), ObjectClass.SecretKey))!);
        TestService third = await _module.StartProcessAsync();
        foreach (CreateCredentialReply credential in _credentials.Append(newcomer))
            Assert.That(await SignOnceAsync(_module.ClientOf("signing", third), credential), Is.True);
        await third.DisposeAsync();
        await second.DisposeAsync();
    }

    [Test]
    public async Task A_row_that_the_module_did_not_write_is_not_wrapped_again()
    {
        await _module.RunAsOwnerAsync($"update credential set owner_id = '{Guid.NewGuid()}' where credential_id = '{_credentials[0].CredentialId}'");
        await MakeGenerationAsync();
        _module.Cluster.Logs.ExpectError(NotOurs);
        using RewrapKeys rewrap = RewrapOf(_module.Service);
        Assert.That(await rewrap.RunOnceAsync(CancellationToken.None), Is.EqualTo(Credentials - 1));
        Assert.That(_module.Cluster.Logs.Lines.Count(line => line.EventId == NotOurs), Is.EqualTo(1));
    }

    [Test]
    public async Task A_destroyed_key_is_erased_in_every_generation_and_not_wrapped_again()
    {
        await MakeGenerationAsync();
        using RewrapKeys rewrap = RewrapOf(_module.Service);
        await rewrap.RunOnceAsync(CancellationToken.None);
        string credential = _credentials[0].CredentialId;
        await _module.Registration.DestroyCredentialAsync(
            new DestroyCredentialRequest { CredentialId = credential, OwnerId = _phone.Owner.ToString(), Reason = "test" });
        await using NpgsqlConnection connection = await _module.Database.DataSource.OpenConnectionAsync();
        Assert.That(await connection.ExecuteScalarAsync<int>($"select sum(length(wrapped_key)) from wrapping where credential_id = '{credential}'"), Is.Zero);
        await MakeGenerationAsync();
        Assert.That(await rewrap.RunOnceAsync(CancellationToken.None), Is.EqualTo(Credentials - 1));
        // A round that read the row before the destruction comes too late.
        Assert.That(await connection.ExecuteAsync($"""
            insert into wrapping (credential_id, kek_generation, wrapped_key, row_mac, wrapped_at) values ('{credential}', 3, 'key', '', now())
            """), Is.Zero);
    }

    [TestCase("wrapped_key = o.wrapped_key, row_mac = o.row_mac")]
    [TestCase("wrapped_key = o.wrapped_key")]
    public async Task A_wrapping_that_was_swapped_signs_nothing(string swapped)
    {
        await MakeGenerationAsync();
        using RewrapKeys rewrap = RewrapOf(_module.Service);
        await rewrap.RunOnceAsync(CancellationToken.None);
        await _module.RunAsOwnerAsync($"""
            update wrapping w set {swapped} from wrapping o
            where w.credential_id = '{_credentials[0].CredentialId}' and o.credential_id = '{_credentials[1].CredentialId}'
            """);
        SignRequest request = await _module.ActivatedAsync(_phone, _credentials[0].CredentialId, Module.Digests(1));
        Assert.That(await Module.RefusalOf(_module.Signing.SignAsync(request)), Is.EqualTo("PermissionDenied key_binding_broken"));
    }

    private async Task<int> SignAsync(ActivationModule.ActivationModuleClient process, int worker, CancellationToken ct)
    {
        int count = 0;
        for (; !ct.IsCancellationRequested; count++)
            Assert.That(await SignOnceAsync(process, _credentials[(worker + count) % Credentials]), Is.True);
        return count;
    }

    private async Task<bool> SignOnceAsync(ActivationModule.ActivationModuleClient process, CreateCredentialReply credential)
    {
        SignReply reply = await process.SignAsync(await _module.ActivatedAsync(_phone, credential.CredentialId, Module.Digests(1)));
        return SubjectPublicKey.Parse(credential.PublicKey.Memory).VerifyHash(SignatureAlgorithm.EcdsaSha256, Module.Digest(0), reply.Signatures[0].Span);
    }

    private async Task MakeGenerationAsync()
    {
        using TokenPool pool = _module.Hsm.OpenPool(1);
        await new KekRing(pool).MakeNextAsync(CancellationToken.None);
    }

    private static RewrapKeys RewrapOf(TestService process) => ActivatorUtilities.CreateInstance<RewrapKeys>(process.Services);
}
