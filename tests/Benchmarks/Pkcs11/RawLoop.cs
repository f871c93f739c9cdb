using Pechat.Pkcs11;

namespace Pechat.Benchmarks.Pkcs11;

/// <summary>The yardstick: C_SignInit and C_Sign through bare function pointers, a session per thread, nothing around them.</summary>
internal sealed unsafe class RawLoop : IDisposable
{
    private readonly Cryptoki _functions;
    private readonly nuint _session;
    private readonly nuint _key;
    private readonly nuint _mechanism;

    /// <summary>Opens a session beside those of the pool, whose log-in it shares.</summary>
    public RawLoop(string library, string token, string label, nuint mechanism)
    {
        _functions = Cryptoki.Load(library);
        _session = Pkcs11Module.Load(library).OpenSession(Pkcs11Module.Load(library).FindSlot(token));
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

    public void Dispose() => Cryptoki.Check("C_CloseSession", _functions.CloseSession(_session));
}
