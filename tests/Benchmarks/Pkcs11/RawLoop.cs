using Pechat.Pkcs11;

namespace Pechat.Benchmarks.Pkcs11;

/// <summary>The yardstick: C_SignInit and C_Sign through bare function pointers, a session per thread, nothing around them.</summary>
internal sealed unsafe class RawLoop
{
    private readonly Cryptoki _functions = Cryptoki.Load(SoftToken.Library);
    private readonly nuint _session;
    private readonly nuint _key;
    private readonly nuint _mechanism;

    /// <summary>Opens a session beside those of the pool, whose log-in it shares.</summary>
    public RawLoop(string label, nuint mechanism)
    {
        _session = Pkcs11Module.Load(SoftToken.Library).OpenSession(Pkcs11Module.Load(SoftToken.Library).FindSlot(SoftToken.Label));
        _mechanism = mechanism;
        using var template = new Template([KeyAttribute.Class(ObjectClass.PrivateKey), KeyAttribute.Label(label)]);
        nuint key, count;
        Cryptoki.Check("C_FindObjectsInit", _functions.FindObjectsInit(_session, template.Pointer, template.Count));
        Cryptoki.Check("C_FindObjects", _functions.FindObjects(_session, &key, 1, &count));
        Cryptoki.Check("C_FindObjectsFinal", _functions.FindObjectsFinal(_session));
        _key = key;
    }

    /// <summary>One signature into a buffer on the stack.</summary>
    public void Sign(byte[] data)
    {
        byte* signature = stackalloc byte[512];
        CkMechanism mechanism = new() { Type = _mechanism };
        nuint length = 512;
        fixed (byte* input = data)
        {
            Cryptoki.Check("C_SignInit", _functions.SignInit(_session, &mechanism, _key));
            Cryptoki.Check("C_Sign", _functions.Sign(_session, input, (nuint)data.Length, signature, &length));
        }
    }
}
