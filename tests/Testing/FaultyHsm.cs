using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Pechat.Pkcs11;

namespace Pechat.Testing;

/// <summary>
/// Stands between pools and the SoftHSM library and fails on command, while calls are under way: power loss, lost sessions, answers lost after the
/// work was done, a refused PIN, slowness. One at a time in a test process; a fixture that uses it is not parallelizable.
/// </summary>
public static unsafe class FaultyHsm
{
    private static readonly Lazy<Pkcs11Module> Module = new(MakeModule);
    private static Cryptoki _real;
    private static volatile bool _down;
    private static volatile bool _refusePin;
    private static volatile int _delay;
    private static int _loseAnswers;
    private static nuint _lostAnswer;
    private static long _signatures;

    /// <summary>Signatures and MACs that the library made.</summary>
    public static long Signatures => Interlocked.Read(ref _signatures);

    /// <summary>How long each of them takes in addition.</summary>
    public static TimeSpan Delay
    {
        get => TimeSpan.FromMilliseconds(_delay);
        set => _delay = (int)value.TotalMilliseconds;
    }

    /// <summary>Whether the token refuses the PIN of whoever logs in.</summary>
    public static bool RefusesPin
    {
        get => _refusePin;
        set => _refusePin = value;
    }

    /// <summary>A pool on a token, through this.</summary>
    public static TokenPool OpenPool(TestHsm hsm, int sessions) => Module.Value.OpenPool(
        new TokenPoolOptions(hsm.TokenLabel, hsm.Pin) { Sessions = sessions, HealingPause = TimeSpan.FromMilliseconds(200) });

    /// <summary>Power is lost now, and back when somebody initialises the library again: sessions, log-ins and session keys are gone.</summary>
    public static void Restart() => _down = true;

    /// <summary>The next signatures are made, and their callers are told an error instead.</summary>
    public static void LoseAnswers(int count, ReturnValue told)
    {
        _lostAnswer = (nuint)told;
        Volatile.Write(ref _loseAnswers, count);
    }

    private static Pkcs11Module MakeModule()
    {
        _real = Cryptoki.Load(TestHsm.LibraryPath);
        Cryptoki faulty = _real;
        faulty.Finalize = &Finalize;
        faulty.OpenSession = &OpenSession;
        faulty.Login = &Login;
        faulty.SignInit = &SignInit;
        faulty.Sign = &Sign;
        faulty.UnwrapKey = &UnwrapKey;
        faulty.DeriveKey = &DeriveKey;
        faulty.FindObjectsInit = &FindObjectsInit;
        faulty.GenerateRandom = &GenerateRandom;
        return new Pkcs11Module(faulty);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint Finalize(void* reserved)
    {
        _down = false;
        return _real.Finalize(reserved);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint OpenSession(nuint slot, nuint flags, void* application, void* notify, nuint* session) =>
        _down ? (nuint)ReturnValue.DeviceRemoved : _real.OpenSession(slot, flags, application, notify, session);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint Login(nuint session, nuint user, byte* pin, nuint length) =>
        _refusePin ? (nuint)ReturnValue.PinIncorrect : _real.Login(session, user, pin, length);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint SignInit(nuint session, CkMechanism* mechanism, nuint key) =>
        _down ? (nuint)ReturnValue.DeviceRemoved : _real.SignInit(session, mechanism, key);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint Sign(nuint session, byte* data, nuint dataLength, byte* signature, nuint* length)
    {
        if (_delay > 0)
            Thread.Sleep(_delay);
        nuint result = _real.Sign(session, data, dataLength, signature, length);
        Interlocked.Increment(ref _signatures);
        if (_down)
            return (nuint)ReturnValue.DeviceRemoved; // the power went while it worked
        return Volatile.Read(ref _loseAnswers) > 0 && Interlocked.Decrement(ref _loseAnswers) >= 0 ? _lostAnswer : result;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint UnwrapKey(
        nuint session, CkMechanism* mechanism, nuint key, byte* wrapped, nuint length, CkAttribute* template, nuint count, nuint* handle) =>
        _down ? (nuint)ReturnValue.DeviceRemoved : _real.UnwrapKey(session, mechanism, key, wrapped, length, template, count, handle);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint DeriveKey(nuint session, CkMechanism* mechanism, nuint key, CkAttribute* template, nuint count, nuint* handle) =>
        _down ? (nuint)ReturnValue.DeviceRemoved : _real.DeriveKey(session, mechanism, key, template, count, handle);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint FindObjectsInit(nuint session, CkAttribute* template, nuint count) =>
        _down ? (nuint)ReturnValue.DeviceRemoved : _real.FindObjectsInit(session, template, count);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nuint GenerateRandom(nuint session, byte* random, nuint length) =>
        _down ? (nuint)ReturnValue.DeviceRemoved : _real.GenerateRandom(session, random, length);
}
