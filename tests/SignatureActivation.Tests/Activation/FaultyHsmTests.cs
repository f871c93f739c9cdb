using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Pkcs11;
using Pechat.Pki;
using Pechat.SignatureActivation.Tests.Support;
using Pechat.Testing;

namespace Pechat.SignatureActivation.Tests.Activation;

/// <summary>Load from two processes while the HSM fails again and again. Callers repeat what was answered as retryable, and nothing else.</summary>
[NonParallelizable]
public sealed class FaultyHsmTests
{
    private const int Workers = 6, FaultCycles = 2, DigestsEach = 3;

    private static readonly string[] Retryable = ["Unavailable hsm_unavailable", "ResourceExhausted hsm_busy"];

    private readonly TaskCompletionSource _enough = new();
    private int _retries;

    [Test]
    public async Task No_confirmation_is_lost_and_no_slot_signs_twice_while_the_hsm_fails_under_load()
    {
        List<TokenPool> pools = [];
        await using Module module = await Module.StartAsync(configure: (services, hsm) =>
        {
            TokenPool pool = FaultyHsm.OpenPool(hsm, sessions: 4);
            pools.Add(pool);
            services.AddSingleton(pool);
        });
        TestService second = await module.StartProcessAsync();
        ActivationModule.ActivationModuleClient[] processes = [module.Signing, module.ClientOf("signing", second)];
        using var done = new CancellationTokenSource();
        Task faults = FailAsync(done.Token);
        int[] signed = await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(() => WorkAsync(module, processes, worker))));
        await done.CancelAsync();
        await faults;

        Assert.That(_retries, Is.Positive, "callers noticed the faults");
        await using NpgsqlConnection connection = await module.Database.DataSource.OpenConnectionAsync();
        string states = string.Join(", ", await connection.QueryAsync<string>("select state || ' ' || count(*) from slot group by state"));
        Assert.That(states, Is.EqualTo($"CONSUMED {signed.Sum()}"), "every confirmed slot signed, once");
        await second.DisposeAsync();
        pools.ForEach(pool => pool.Dispose());
    }

    /// <summary>One person who confirms and signs; every signature is verified, and every slot tried again afterwards.</summary>
    private async Task<int> WorkAsync(Module module, ActivationModule.ActivationModuleClient[] processes, int worker)
    {
        Phone phone = module.NewPhone();
        EnrolDeviceRequest enrolment = phone.Enrolment();
        enrolment.Verification = module.Verify(phone);
        await UntilAccepted(() => module.Identity.EnrolDeviceAsync(enrolment).ResponseAsync);
        var creation = new CreateCredentialRequest { RequestId = Guid.NewGuid().ToString(), OwnerId = phone.Owner.ToString(), CommonName = "Test Person" };
        CreateCredentialReply credential = await UntilAccepted(() => module.Registration.CreateCredentialAsync(creation).ResponseAsync);
        SubjectPublicKey key = SubjectPublicKey.Parse(credential.PublicKey.Memory);
        int signed = 0;
        for (int round = 0; !_enough.Task.IsCompleted; round++)
        {
            byte[][] digests = [.. Enumerable.Range(0, DigestsEach).Select(i => Module.Digest((round * DigestsEach) + i))];
            (OpenTransactionRequest shown, string sad) = module.NewTransaction(phone.Owner, credential.CredentialId, digests);
            string challenge = (await UntilAccepted(() => processes[round % 2].OpenTransactionAsync(shown).ResponseAsync)).Challenge;
            var activation = new ActivateRequest { TransactionId = shown.TransactionId, Activation = phone.Activate(shown, challenge) };
            await UntilAccepted(() => processes[(round + worker) % 2].ActivateAsync(activation).ResponseAsync);
            SignRequest request = Module.SignAll(shown, sad, digests);
            SignReply reply = await UntilAccepted(() => processes[(round + worker + 1) % 2].SignAsync(request).ResponseAsync);
            for (int i = 0; i < DigestsEach; i++)
                Assert.That(key.VerifyHash(SignatureAlgorithm.EcdsaSha256, digests[i], reply.Signatures[i].Span), Is.True);
            signed += reply.Signatures.Count;
            string again = await OutcomeOfRepeat(() => processes[round % 2].SignAsync(request).ResponseAsync);
            Assert.That(again, Is.EqualTo("PermissionDenied digest_not_authorised"));
        }
        return signed;
    }

    private async Task FailAsync(CancellationToken ct)
    {
        Action[] faults =
        [
            FaultyHsm.Restart,
            () => FaultyHsm.LoseAnswers(3, ReturnValue.DeviceError),
            () => FaultyHsm.LoseAnswers(2, ReturnValue.SessionHandleInvalid),
            () => FaultyHsm.LoseAnswers(1, ReturnValue.GeneralError),
            () => FaultyHsm.Delay = TimeSpan.FromMilliseconds(20),
            FaultyHsm.Restart,
            () => FaultyHsm.Delay = TimeSpan.Zero,
            () =>
            {
                FaultyHsm.RefusesPin = true;
                FaultyHsm.Restart();
            },
            () => { }, // long enough for somebody to notice
            () => FaultyHsm.RefusesPin = false,
        ];
        for (int count = 0; !ct.IsCancellationRequested; count++)
        {
            if (count == FaultCycles * faults.Length)
                _enough.SetResult();
            faults[count % faults.Length]();
            await Task.Delay(TimeSpan.FromMilliseconds(150), ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        (FaultyHsm.RefusesPin, FaultyHsm.Delay) = (false, TimeSpan.Zero);
    }

    private async Task<T> UntilAccepted<T>(Func<Task<T>> call)
    {
        while (true)
        {
            try
            {
                return await call();
            }
            catch (Grpc.Core.RpcException refusal) when (Retryable.Contains(Module.CodeOf(refusal)))
            {
                Interlocked.Increment(ref _retries);
                await Task.Delay(TimeSpan.FromMilliseconds(50));
            }
        }
    }

    private async Task<string> OutcomeOfRepeat<T>(Func<Task<T>> call)
    {
        try
        {
            await UntilAccepted(call);
            return "accepted";
        }
        catch (Grpc.Core.RpcException refusal)
        {
            return Module.CodeOf(refusal);
        }
    }
}
