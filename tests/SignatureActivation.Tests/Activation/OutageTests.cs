using Dapper;
using Npgsql;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.SignatureActivation.Tests.Support;
using Pechat.Testing;

namespace Pechat.SignatureActivation.Tests.Activation;

/// <summary>What happens when the HSM or the database goes away.</summary>
[NonParallelizable]
public sealed class OutageTests : WithCredential
{
    private static readonly TimeSpan HealingPause = TimeSpan.FromSeconds(1.2);

    [Test]
    public async Task While_the_hsm_is_away_no_digest_is_used_up()
    {
        SignRequest request = await _module.ActivatedAsync(_phone, _credential, Module.Digests(3));
        Assert.That(await Sign(await _module.ActivatedAsync(_phone, _credential, [Module.Digest(50)])), Is.EqualTo("accepted"), "the key is cached");
        TestHsm.Remove();
        try
        {
            Assert.That(await Sign(request), Is.EqualTo("Unavailable hsm_unavailable"));
        }
        finally
        {
            TestHsm.Return();
        }
        await Task.Delay(HealingPause);
        SignReply reply = await _module.Signing.SignAsync(request);
        Assert.That((reply.Signatures.Count, reply.Remaining), Is.EqualTo((3, 0)));
    }

    [Test]
    public async Task After_a_restart_of_the_hsm_the_next_call_signs()
    {
        Assert.That(await Sign(await _module.ActivatedAsync(_phone, _credential, [Module.Digest(51)])), Is.EqualTo("accepted"), "the key is cached");
        SignRequest request = await _module.ActivatedAsync(_phone, _credential, [Module.Digest(52)]);
        TestHsm.Restart();
        Assert.That(await Sign(request), Is.EqualTo("accepted"));
    }

    [Test]
    public async Task A_slot_that_was_reserved_when_the_process_died_stays_used()
    {
        SignRequest request = await _module.ActivatedAsync(_phone, _credential, [Module.Digest(53)]);
        await using (NpgsqlConnection connection = await _module.Database.DataSource.OpenConnectionAsync())
            await connection.ExecuteAsync($"update slot set state = 'RESERVED' where transaction_id = '{request.TransactionId}'");
        Assert.That(await Sign(request), Is.EqualTo("PermissionDenied digest_not_authorised"));
    }

    [Test]
    public async Task While_the_database_is_away_calls_are_refused_and_then_go_on()
    {
        SignRequest request = await _module.ActivatedAsync(_phone, _credential, [Module.Digest(54)]);
        await _module.Database.SetReachableAsync(false);
        try
        {
            Assert.That(await Sign(request), Does.Not.EqualTo("accepted"));
        }
        finally
        {
            await _module.Database.SetReachableAsync(true);
        }
        Assert.That(await Sign(request), Is.EqualTo("accepted"));
    }

    private Task<string> Sign(SignRequest request) => Module.RefusalOf(_module.Signing.SignAsync(request));
}
