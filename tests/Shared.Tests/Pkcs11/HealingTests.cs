using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Pechat.Pkcs11;
using Pechat.Testing;

namespace Pechat.Shared.Tests.Pkcs11;

/// <summary>What happens when the token goes away under a pool.</summary>
[NonParallelizable]
public sealed unsafe class HealingTests
{
    private static readonly byte[] Digest = SHA256.HashData("to be signed"u8);
    private static delegate* unmanaged[Cdecl]<nuint, CkMechanism*, nuint, nuint> _signInit;
    private static nuint _nextAnswer;
    private static int _signatures;

    private TestHsm _hsm = null!;
    private TokenPool _pool = null!;

    [SetUp]
    public void Open()
    {
        _hsm = TestHsm.Create();
        _pool = _hsm.OpenPool(2);
    }

    [TearDown]
    public void Close() => _pool.Dispose();

    [Test]
    public void After_a_restart_of_the_token_the_next_signature_succeeds()
    {
        TokenKeyPair pair = Get(_pool.GenerateKeyPairAsync(KeyPairAlgorithm.P256, "survivor"));
        for (int i = 0; i < 3; i++)
        {
            TestHsm.Restart();
            byte[] signature = Get(_pool.SignAsync(pair.PrivateKey, Mechanism.Ecdsa, Digest));
            using ECDsa verifier = ECDsa.Create();
            verifier.ImportSubjectPublicKeyInfo(pair.PublicKeyInfo, out _);
            Assert.That(verifier.VerifyHash(Digest, signature), Is.True);
        }
    }

    [Test]
    public void A_session_key_is_reported_lost_after_a_restart_and_never_confused_with_another()
    {
        TokenKeyPair pair = Get(_pool.RunAsync(0, static (session, _) => session.GenerateKeyPair(KeyPairAlgorithm.P256, null, KeyAttribute.Sign(true))));
        TestHsm.Restart();
        Get(_pool.GenerateKeyPairAsync(KeyPairAlgorithm.P256, "newcomer")); // would now bear the old handle
        Pkcs11Exception? lost = Assert.Throws<Pkcs11Exception>(() => Get(_pool.SignAsync(pair.PrivateKey, Mechanism.Ecdsa, Digest)));
        Assert.That(lost!.IsKeyLoss, Is.True, lost.Message);
    }

    [Test]
    public void Calls_fail_while_the_token_is_away_and_succeed_when_it_is_back()
    {
        TokenKeyPair pair = Get(_pool.GenerateKeyPairAsync(KeyPairAlgorithm.P256, "traveller"));
        TestHsm.Remove();
        try
        {
            for (int i = 0; i < 3; i++)
            {
                Pkcs11Exception? failure = Assert.Throws<Pkcs11Exception>(() => Get(_pool.SignAsync(pair.PrivateKey, Mechanism.Ecdsa, Digest)));
                Assert.That(failure!.Message, Does.Contain("CKR_TOKEN_NOT_PRESENT").And.Not.Contain(_hsm.Pin));
            }
        }
        finally
        {
            TestHsm.Return();
        }
        Assert.That(Get(_pool.SignAsync(pair.PrivateKey, Mechanism.Ecdsa, Digest)), Has.Length.EqualTo(64));
    }

    [Test]
    public void Another_pool_that_initialises_the_library_again_disturbs_nobody()
    {
        using TokenPool other = TestHsm.Create().OpenPool(2);
        TokenKeyPair mine = Get(_pool.GenerateKeyPairAsync(KeyPairAlgorithm.P256, "mine"));
        TokenKeyPair theirs = Get(other.GenerateKeyPairAsync(KeyPairAlgorithm.P256, "theirs"));
        Pkcs11Module module = Pkcs11Module.Load(TestHsm.LibraryPath);
        int failures = 0;
        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
        {
            if (i % 50 == 7)
            {
                module.Gate.EnterWriteLock();
                module.Reinitialize();
                module.Gate.ExitWriteLock();
            }
            (TokenPool pool, TokenKeyPair pair) = i % 2 == 0 ? (_pool, mine) : (other, theirs);
            using ECDsa verifier = ECDsa.Create();
            verifier.ImportSubjectPublicKeyInfo(pair.PublicKeyInfo, out _);
            if (!verifier.VerifyHash(Digest, Get(pool.SignAsync(pair.PrivateKey, Mechanism.Ecdsa, Digest))))
                Interlocked.Increment(ref failures);
        });
        Assert.That(failures, Is.Zero);
    }

    [TestCase(ReturnValue.DeviceRemoved)]
    [TestCase(ReturnValue.DeviceError)]
    [TestCase(ReturnValue.SessionHandleInvalid)]
    [TestCase(ReturnValue.SessionClosed)]
    [TestCase(ReturnValue.UserNotLoggedIn)]
    [TestCase(ReturnValue.TokenNotPresent)]
    public void A_lost_session_is_healed_and_the_call_repeated_once(ReturnValue answer)
    {
        using TokenPool pool = OpenFaulty();
        TokenKey key = Get(pool.GenerateKeyPairAsync(KeyPairAlgorithm.P256, "faulty")).PrivateKey;
        int before = pool.Generation;
        (_nextAnswer, _signatures) = ((nuint)answer, 0);
        Assert.That(Get(pool.SignAsync(key, Mechanism.Ecdsa, Digest)), Has.Length.EqualTo(64));
        Assert.That(_signatures, Is.EqualTo(2));
        Assert.That(pool.Generation, Is.EqualTo(before + 1));
    }

    [TestCase(ReturnValue.KeyHandleInvalid)]
    [TestCase(ReturnValue.MechanismInvalid)]
    [TestCase(ReturnValue.DataLenRange)]
    public void A_refusal_is_not_repeated(ReturnValue answer)
    {
        using TokenPool pool = OpenFaulty();
        TokenKey key = Get(pool.GenerateKeyPairAsync(KeyPairAlgorithm.P256, "refused")).PrivateKey;
        (_nextAnswer, _signatures) = ((nuint)answer, 0);
        Pkcs11Exception? refusal = Assert.Throws<Pkcs11Exception>(() => Get(pool.SignAsync(key, Mechanism.Ecdsa, Digest)));
        Assert.That(refusal!.Result, Is.EqualTo(answer));
        Assert.That(_signatures, Is.EqualTo(1));
    }

    [TestCase(ReturnValue.DeviceRemoved, "CKR_DEVICE_REMOVED")]
    [TestCase(ReturnValue.SlotIdInvalid, "CKR_SLOT_ID_INVALID")]
    [TestCase(ReturnValue.FipsSelfTestFailed, "CKR_FIPS_SELF_TEST_FAILED")]
    [TestCase((ReturnValue)0x80000001, "CKR_VENDOR_DEFINED")]
    public void Errors_bear_the_names_of_the_standard(ReturnValue result, string name) =>
        Assert.That(Pkcs11Exception.NameOf(result), Is.EqualTo(name));

    /// <summary>A pool on a module whose C_SignInit answers what the test wants, once.</summary>
    private TokenPool OpenFaulty()
    {
        Cryptoki functions = Cryptoki.Load(TestHsm.LibraryPath);
        _signInit = functions.SignInit;
        functions.SignInit = &FaultySignInit;
        return new Pkcs11Module(functions).OpenPool(new TokenPoolOptions(_hsm.TokenLabel, _hsm.Pin) { Sessions = 2 });
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint FaultySignInit(nuint session, CkMechanism* mechanism, nuint key)
    {
        _signatures++;
        nuint answer = _nextAnswer;
        _nextAnswer = 0;
        return answer == 0 ? _signInit(session, mechanism, key) : answer;
    }

    private static T Get<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();
}
