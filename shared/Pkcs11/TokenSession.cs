namespace Pechat.Pkcs11;

/// <summary>
/// One logged-in session, lent by the pool for the length of a piece of work; not safe for two threads and not to be kept.
/// Several steps that belong together run in one loan.
/// </summary>
public sealed unsafe partial class TokenSession
{
    private const int MaxSignatureLength = 1024; // RSA-8192

    private readonly TokenPool _pool;
    private readonly Pkcs11Module _module;

    internal TokenSession(TokenPool pool, Pkcs11Module module) => (_pool, _module) = (pool, module);

    /// <summary>Set by the pool while nobody else uses the session.</summary>
    internal nuint Handle { get; set; }

    /// <summary>Signs, or authenticates with an HMAC key.</summary>
    /// <param name="key">A private or secret key.</param>
    /// <param name="mechanism">What to do.</param>
    /// <param name="data">What the mechanism takes: a digest, a DigestInfo, or the text of an HMAC.</param>
    /// <returns>The signature as the mechanism makes it; the only allocation.</returns>
    public byte[] Sign(TokenKey key, Mechanism mechanism, ReadOnlySpan<byte> data)
    {
        byte* buffer = stackalloc byte[MaxSignatureLength];
        int length = Sign(key, mechanism, data, new Span<byte>(buffer, MaxSignatureLength));
        return new ReadOnlySpan<byte>(buffer, length).ToArray();
    }

    /// <summary>Signs into the caller's buffer.</summary>
    /// <returns>Length of the signature in octets.</returns>
    public int Sign(TokenKey key, Mechanism mechanism, ReadOnlySpan<byte> data, Span<byte> destination)
    {
        CkPssParameters pss = mechanism.Pss;
        CkMechanism native = new() { Type = mechanism.Type };
        if (mechanism.HasPss)
        {
            native.Parameter = &pss;
            native.ParameterLength = (nuint)sizeof(CkPssParameters);
        }
        nuint length = (nuint)destination.Length;
        nuint handle = Locate(key);
        fixed (byte* input = data, output = destination)
        {
            Cryptoki.Check("C_SignInit", _module.Functions.SignInit(Handle, &native, handle));
            nuint result = _module.Functions.Sign(Handle, input, (nuint)data.Length, output, &length);
            if ((ReturnValue)result == ReturnValue.BufferTooSmall)
                Abandon(input, (nuint)data.Length);
            Cryptoki.Check("C_Sign", result);
        }
        return (int)length;
    }

    /// <summary>A buffer that is too small leaves the operation active (PKCS#11 v2.40 §5.2), and the session unusable for the next caller.</summary>
    private void Abandon(byte* input, nuint inputLength)
    {
        byte* discarded = stackalloc byte[MaxSignatureLength];
        nuint length = MaxSignatureLength;
        _ = _module.Functions.Sign(Handle, input, inputLength, discarded, &length);
    }

    /// <summary>Random octets of the token.</summary>
    public byte[] Random(int length)
    {
        byte[] random = new byte[length];
        fixed (byte* pointer = random)
            Cryptoki.Check("C_GenerateRandom", _module.Functions.GenerateRandom(Handle, pointer, (nuint)length));
        return random;
    }

    private nuint Locate(TokenKey key)
    {
        TokenKey.Location location = key.Current;
        if (location.Generation == _pool.Generation)
            return location.Handle;
        if (key.Label is null)
            throw new Pkcs11Exception("C_SignInit", ReturnValue.KeyHandleInvalid, "the sessions that held the key are gone");
        nuint handle = FindHandle(key.Label, key.Class)
            ?? throw new Pkcs11Exception("C_FindObjects", ReturnValue.ObjectHandleInvalid, $"the token no longer has a key labelled {key.Label}");
        key.MoveTo(handle, _pool.Generation);
        return handle;
    }
}
