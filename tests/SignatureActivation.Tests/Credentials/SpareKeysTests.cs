using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Pki;
using Pechat.SignatureActivation.Credentials;
using Pechat.SignatureActivation.Tests.Support;
using Pechat.Testing;

namespace Pechat.SignatureActivation.Tests.Credentials;

/// <summary>RSA keys made ahead.</summary>
public sealed class SpareKeysTests
{
    private const int Target = 4;

    private Module _module = null!;
    private Phone _phone = null!;

    [SetUp]
    public async Task Start()
    {
        _module = await Module.StartAsync(spareRsa2048: Target);
        _phone = await _module.EnrolAsync();
    }

    [TearDown]
    public async Task Stop() => await _module.DisposeAsync();

    [Test]
    public async Task A_key_made_ahead_serves_one_owner_and_the_pool_is_filled_again()
    {
        Assert.That(await RefillAsync(), Is.EqualTo(Target));
        Assert.That(await RefillAsync(), Is.Zero, "it is full");
        CreateCredentialReply credential = await _module.CreateCredentialAsync(_phone.Owner, KeyAlgorithm.Rsa2048);
        Assert.That(await CountAsync(), Is.EqualTo(Target - 1));
        Assert.That(CertificationRequest.Parse(credential.Csr.Memory).ProvesPossession, Is.True);
        Assert.That(await SignsAsync(credential), Is.EqualTo("accepted"));
        Assert.That(await RefillAsync(), Is.EqualTo(1));
    }

    [Test]
    public async Task Keys_taken_at_once_by_two_processes_are_all_different_and_an_empty_pool_stops_nobody()
    {
        await RefillAsync();
        TestService second = await _module.StartProcessAsync();
        ActivationModule.ActivationModuleClient[] processes = [_module.Registration, _module.ClientOf("registration", second)];
        CreateCredentialReply[] credentials = await Task.WhenAll(Enumerable.Range(0, Target + 2).Select(i => processes[i % 2].CreateCredentialAsync(
            new CreateCredentialRequest { RequestId = Guid.NewGuid().ToString(), OwnerId = _phone.Owner.ToString(), Algorithm = KeyAlgorithm.Rsa2048, CommonName = "Test" }).ResponseAsync));
        Assert.That(credentials.Select(credential => credential.PublicKey).Distinct().Count(), Is.EqualTo(Target + 2));
        Assert.That(await CountAsync(), Is.Zero);
        await second.DisposeAsync();
    }

    [Test]
    public async Task Somebody_elses_key_copied_into_the_pool_is_given_to_nobody()
    {
        await RefillAsync();
        CreateCredentialReply victim = await _module.CreateCredentialAsync(_phone.Owner, KeyAlgorithm.Rsa2048);
        await _module.RunAsOwnerAsync($"""
            update spare_key s set public_key = c.public_key, wrapped_key = c.wrapped_key from credential c where c.credential_id = '{victim.CredentialId}'
            """);
        Phone thief = await _module.EnrolAsync();
        _module.Cluster.Logs.ExpectError(144);
        Assert.That(await Create(thief), Is.EqualTo("Internal"));
    }

    [Test]
    public async Task A_key_that_was_taken_and_put_back_is_not_given_again()
    {
        await RefillAsync();
        await _module.RunAsOwnerAsync("create table kept as select * from spare_key");
        for (int i = 0; i < Target; i++)
            await _module.CreateCredentialAsync(_phone.Owner, KeyAlgorithm.Rsa2048);
        await _module.RunAsOwnerAsync("insert into spare_key select * from kept");
        Phone thief = await _module.EnrolAsync();
        _module.Cluster.Logs.ExpectError(144);
        Assert.That(await Create(thief), Is.EqualTo("Internal"));
        await using NpgsqlConnection connection = await _module.Database.DataSource.OpenConnectionAsync();
        Assert.That(await connection.ExecuteScalarAsync<int>($"select count(*) from credential where owner_id = '{thief.Owner}'"), Is.Zero);
    }

    private async Task<string> Create(Phone phone) => await Module.RefusalOf(_module.Registration.CreateCredentialAsync(
        new CreateCredentialRequest { RequestId = Guid.NewGuid().ToString(), OwnerId = phone.Owner.ToString(), Algorithm = KeyAlgorithm.Rsa2048, CommonName = "Test" }));

    private async Task<string> SignsAsync(CreateCredentialReply credential)
    {
        SignRequest request = await _module.ActivatedAsync(_phone, credential.CredentialId, Module.Digests(1));
        request.SignatureAlgorithm = "1.2.840.113549.1.1.11";
        return await Module.RefusalOf(_module.Signing.SignAsync(request));
    }

    private async Task<int> RefillAsync()
    {
        using RefillSpareKeys refill = ActivatorUtilities.CreateInstance<RefillSpareKeys>(_module.Service.Services);
        return await refill.RunOnceAsync(CancellationToken.None);
    }

    private async Task<int> CountAsync()
    {
        await using NpgsqlConnection connection = await _module.Database.DataSource.OpenConnectionAsync();
        return await SpareKeys.CountAsync(connection, KeyAlgorithm.Rsa2048, CancellationToken.None);
    }
}
