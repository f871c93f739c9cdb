using System.Security.Cryptography;

namespace Pechat.Pkcs11;

public sealed unsafe partial class TokenSession
{
    private static readonly byte[] Exponent65537 = [1, 0, 1];

    /// <summary>Generates a key pair.</summary>
    /// <param name="algorithm">Which.</param>
    /// <param name="label">Label of both token objects, or null for a pair that lives in the sessions only.</param>
    /// <param name="privateAttributes">Attributes of the private key: at least what it may be used for.</param>
    public TokenKeyPair GenerateKeyPair(KeyPairAlgorithm algorithm, string? label, params ReadOnlySpan<KeyAttribute> privateAttributes)
    {
        bool ec = algorithm is KeyPairAlgorithm.P256 or KeyPairAlgorithm.P384;
        KeyType type = ec ? KeyType.Ec : KeyType.Rsa;
        byte[] id = RandomNumberGenerator.GetBytes(16); // CKA_ID ties the halves of a pair together
        List<KeyAttribute> publicTemplate = [KeyAttribute.Class(ObjectClass.PublicKey), KeyAttribute.KeyType(type),
            KeyAttribute.Token(label is not null), KeyAttribute.Private(false), KeyAttribute.Id(id), KeyAttribute.Verify(true)];
        if (ec)
            publicTemplate.Add(KeyAttribute.EcParameters(PublicKeyInfo.EncodeCurve(algorithm)));
        else
            publicTemplate.AddRange([KeyAttribute.ModulusBits(PublicKeyInfo.ModulusBits(algorithm)), KeyAttribute.PublicExponent(Exponent65537)]);
        List<KeyAttribute> privateTemplate = [KeyAttribute.Class(ObjectClass.PrivateKey), KeyAttribute.KeyType(type),
            KeyAttribute.Token(label is not null), KeyAttribute.Private(true), KeyAttribute.Id(id), .. privateAttributes];
        if (label is not null)
        {
            publicTemplate.Add(KeyAttribute.Label(label));
            privateTemplate.Add(KeyAttribute.Label(label));
        }
        CkMechanism mechanism = new() { Type = (ec ? Mechanism.EcKeyPairGeneration : Mechanism.RsaKeyPairGeneration).Type };
        nuint publicHandle, privateHandle;
        using (var publicNative = new Template(publicTemplate))
        using (var privateNative = new Template(privateTemplate))
        {
            Cryptoki.Check("C_GenerateKeyPair", _module.Functions.GenerateKeyPair(Handle, &mechanism, publicNative.Pointer, publicNative.Count,
                privateNative.Pointer, privateNative.Count, &publicHandle, &privateHandle));
        }
        byte[] info = ReadPublicKey(publicHandle);
        if (label is null)
            Cryptoki.Check("C_DestroyObject", _module.Functions.DestroyObject(Handle, publicHandle));
        return new(new TokenKey(ObjectClass.PrivateKey, type, label, privateHandle, _pool.Generation), info);
    }

    /// <summary>Generates a secret key: AES of 32 octets for wrapping, or a generic secret for HMAC.</summary>
    /// <param name="type"><see cref="KeyType.Aes"/> or <see cref="KeyType.GenericSecret"/>.</param>
    /// <param name="length">Octets.</param>
    /// <param name="label">Label of the token object, or null for a key that lives in the sessions only.</param>
    /// <param name="attributes">At least what it may be used for.</param>
    public TokenKey GenerateSecret(KeyType type, int length, string? label, params ReadOnlySpan<KeyAttribute> attributes)
    {
        List<KeyAttribute> template = [KeyAttribute.Class(ObjectClass.SecretKey), KeyAttribute.KeyType(type), KeyAttribute.Token(label is not null),
            KeyAttribute.Private(true), KeyAttribute.ValueLength(length), .. attributes];
        if (label is not null)
            template.Add(KeyAttribute.Label(label));
        CkMechanism mechanism = new() { Type = (type == KeyType.Aes ? Mechanism.AesKeyGeneration : Mechanism.GenericSecretGeneration).Type };
        nuint handle;
        using var native = new Template(template);
        Cryptoki.Check("C_GenerateKey", _module.Functions.GenerateKey(Handle, &mechanism, native.Pointer, native.Count, &handle));
        return new TokenKey(ObjectClass.SecretKey, type, label, handle, _pool.Generation);
    }

    /// <summary>Wraps an extractable key.</summary>
    public byte[] Wrap(TokenKey wrappingKey, Mechanism mechanism, TokenKey key)
    {
        CkMechanism native = new() { Type = mechanism.Type };
        nuint wrapping = Locate(wrappingKey), wrapped = Locate(key), length;
        // Asked for the length first: an RSA-4096 key in PKCS#8 has about 2.4 kB, and libraries disagree about the padding.
        Cryptoki.Check("C_WrapKey", _module.Functions.WrapKey(Handle, &native, wrapping, wrapped, null, &length));
        byte[] result = new byte[(int)length];
        fixed (byte* output = result)
            Cryptoki.Check("C_WrapKey", _module.Functions.WrapKey(Handle, &native, wrapping, wrapped, output, &length));
        return (int)length == result.Length ? result : result[..(int)length];
    }

    /// <summary>Unwraps a private key into the sessions of the pool; it is sensitive.</summary>
    /// <param name="unwrappingKey">The key that wrapped it.</param>
    /// <param name="mechanism">How.</param>
    /// <param name="wrapped">PKCS#8, wrapped.</param>
    /// <param name="type">Of what algorithm the key is.</param>
    /// <param name="extractable">Whether it may be wrapped again; such a key is destroyed in the same loan.</param>
    /// <exception cref="Pkcs11Exception">Among others CKR_WRAPPED_KEY_INVALID: the wrapped key was changed.</exception>
    public TokenKey UnwrapPrivateKey(TokenKey unwrappingKey, Mechanism mechanism, ReadOnlySpan<byte> wrapped, KeyType type, bool extractable = false)
    {
        CkMechanism nativeMechanism = new() { Type = mechanism.Type };
        nuint unwrapping = Locate(unwrappingKey), handle;
        using var template = new Template([KeyAttribute.Class(ObjectClass.PrivateKey), KeyAttribute.KeyType(type), KeyAttribute.Token(false),
            KeyAttribute.Private(true), KeyAttribute.Sensitive(true), KeyAttribute.Extractable(extractable), KeyAttribute.Sign(true)]);
        fixed (byte* input = wrapped)
        {
            Cryptoki.Check("C_UnwrapKey", _module.Functions.UnwrapKey(Handle, &nativeMechanism, unwrapping, input, (nuint)wrapped.Length,
                template.Pointer, template.Count, &handle));
        }
        return new TokenKey(ObjectClass.PrivateKey, type, null, handle, _pool.Generation);
    }

    /// <summary>ECDH without key derivation function (CKM_ECDH1_DERIVE, CKD_NULL).</summary>
    /// <param name="privateKey">An EC key that may derive.</param>
    /// <param name="peerPoint">Uncompressed point of the other side (SEC 1 §2.3.3); the caller has checked that it lies on the curve.</param>
    /// <param name="length">Octets of the shared secret: 32 on P-256.</param>
    /// <returns>The shared secret Z; the caller clears it.</returns>
    public byte[] DeriveSharedSecret(TokenKey privateKey, ReadOnlySpan<byte> peerPoint, int length)
    {
        nuint handle, key = Locate(privateKey);
        using var template = new Template([KeyAttribute.Class(ObjectClass.SecretKey), KeyAttribute.KeyType(KeyType.GenericSecret),
            KeyAttribute.Token(false), KeyAttribute.Private(true), KeyAttribute.Sensitive(false), KeyAttribute.Extractable(true),
            KeyAttribute.ValueLength(length)]);
        fixed (byte* point = peerPoint)
        {
            CkEcdhParameters parameters = new() { KeyDerivation = 1, PublicData = point, PublicDataLength = (nuint)peerPoint.Length };
            CkMechanism mechanism = new()
            {
                Type = Mechanism.Ecdh1DeriveType,
                Parameter = &parameters,
                ParameterLength = (nuint)sizeof(CkEcdhParameters),
            };
            Cryptoki.Check("C_DeriveKey", _module.Functions.DeriveKey(Handle, &mechanism, key, template.Pointer, template.Count, &handle));
        }
        try
        {
            return ReadAttribute(handle, KeyAttribute.ValueType);
        }
        finally
        {
            _ = _module.Functions.DestroyObject(Handle, handle); // a session object: it dies with the session at the latest
        }
    }

    /// <summary>Destroys a key; one that was lost with its sessions is destroyed already.</summary>
    public void Destroy(TokenKey key)
    {
        if (key.Label is null && key.Current.Generation != _pool.Generation)
            return;
        Cryptoki.Check("C_DestroyObject", _module.Functions.DestroyObject(Handle, Locate(key)));
    }
}
