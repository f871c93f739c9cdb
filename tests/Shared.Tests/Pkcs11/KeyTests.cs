using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Pechat.Pkcs11;
using Pechat.Testing;

namespace Pechat.Shared.Tests.Pkcs11;

public sealed class KeyTests
{
    private static readonly byte[] Digest = SHA256.HashData("to be signed"u8);

    private TestHsm _hsm = null!;
    private TokenPool _pool = null!;
    private TokenKey _kek = null!;

    [OneTimeSetUp]
    public async Task Open()
    {
        _hsm = TestHsm.Create();
        _pool = _hsm.OpenPool();
        _kek = await _pool.RunAsync(0, static (session, _) => session.GenerateSecret(KeyType.Aes, 32, "kek", KeyAttribute.Wrap(true),
            KeyAttribute.Unwrap(true), KeyAttribute.Sensitive(true), KeyAttribute.Extractable(false)));
    }

    [OneTimeTearDown]
    public void Close() => _pool?.Dispose();

    [TestCase(KeyPairAlgorithm.P256)]
    [TestCase(KeyPairAlgorithm.P384)]
    [TestCase(KeyPairAlgorithm.Rsa2048)]
    public async Task A_wrapped_key_signs_after_unwrapping(KeyPairAlgorithm algorithm)
    {
        (byte[] wrapped, byte[] info, KeyType type) = await GenerateWrapped(algorithm);
        TokenKey unwrapped = await _pool.UnwrapPrivateKeyAsync(_kek, Mechanism.AesKeyWrapPad, wrapped, type);
        if (type == KeyType.Ec)
        {
            using ECDsa verifier = ECDsa.Create();
            verifier.ImportSubjectPublicKeyInfo(info, out _);
            Assert.That(verifier.VerifyHash(Digest, await _pool.SignAsync(unwrapped, Mechanism.Ecdsa, Digest)), Is.True);
        }
        else
        {
            using RSA verifier = RSA.Create();
            verifier.ImportSubjectPublicKeyInfo(info, out _);
            byte[] signature = await _pool.SignAsync(unwrapped, Mechanism.RsaPss(HashAlgorithmName.SHA256), Digest);
            Assert.That(verifier.VerifyHash(Digest, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pss), Is.True);
        }
        await _pool.DestroyAsync(unwrapped);
        Pkcs11Exception? lost = Assert.ThrowsAsync<Pkcs11Exception>(async () => await _pool.SignAsync(unwrapped, Mechanism.Ecdsa, Digest));
        Assert.That(lost!.IsKeyLoss, Is.True, lost.Message);
    }

    [Test]
    public async Task A_changed_wrapped_key_is_refused()
    {
        (byte[] wrapped, _, KeyType type) = await GenerateWrapped(KeyPairAlgorithm.P256);
        for (int i = 0; i < wrapped.Length; i += 7)
        {
            byte[] changed = (byte[])wrapped.Clone();
            changed[i] ^= 1;
            Assert.ThrowsAsync<Pkcs11Exception>(
                async () => await _pool.UnwrapPrivateKeyAsync(_kek, Mechanism.AesKeyWrapPad, changed, type), $"octet {i}");
        }
    }

    [Test]
    public async Task The_shared_secret_equals_what_the_other_side_computes()
    {
        TokenKeyPair own = await _pool.RunAsync(0, static (session, _) => session.GenerateKeyPair(KeyPairAlgorithm.P256, "ecdh",
            KeyAttribute.Derive(true), KeyAttribute.Sensitive(true), KeyAttribute.Extractable(false)));
        using ECDiffieHellman peer = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        using ECDiffieHellman publicHalf = ECDiffieHellman.Create();
        publicHalf.ImportSubjectPublicKeyInfo(own.PublicKeyInfo, out _);
        byte[] expected = peer.DeriveRawSecretAgreement(publicHalf.PublicKey);
        ECPoint point = peer.ExportParameters(false).Q;
        byte[] secret = await _pool.DeriveSharedSecretAsync(own.PrivateKey, (byte[])[4, .. point.X!, .. point.Y!], 32);
        Assert.That(secret, Is.EqualTo(expected));
    }

    [Test, Property("Clause", "RFC 4231 §4.7")]
    public async Task Hmac_agrees_with_the_published_vector()
    {
        byte[] secret = new byte[131];
        Array.Fill(secret, (byte)0xAA);
        await _pool.RunAsync(secret, static (session, secret) => Import(session, secret, "rfc4231"));
        TokenKey? key = await _pool.FindKeyAsync("rfc4231", ObjectClass.SecretKey);
        byte[] mac = await _pool.HmacAsync(key!, "Test Using Larger Than Block-Size Key - Hash Key First"u8.ToArray());
        Assert.That(Convert.ToHexStringLower(mac), Is.EqualTo("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"));
    }

    [Test]
    public async Task An_ambiguous_label_is_refused_and_an_unknown_one_is_null()
    {
        await _pool.GenerateKeyPairAsync(KeyPairAlgorithm.P256, "twice");
        await _pool.GenerateKeyPairAsync(KeyPairAlgorithm.P256, "twice");
        Assert.ThrowsAsync<InvalidOperationException>(async () => await _pool.FindKeyAsync("twice"));
        Assert.That(await _pool.FindKeyAsync("nobody"), Is.Null);
        Assert.That(await _pool.FindPublicKeyAsync("nobody"), Is.Null);
    }

    [Test]
    public async Task A_key_that_must_not_leave_cannot_be_wrapped()
    {
        TokenKeyPair pair = await _pool.GenerateKeyPairAsync(KeyPairAlgorithm.P256, "stays");
        Pkcs11Exception? refusal = Assert.ThrowsAsync<Pkcs11Exception>(
            async () => await _pool.WrapAsync(_kek, Mechanism.AesKeyWrapPad, pair.PrivateKey));
        Assert.That(refusal!.Message, Does.StartWith("C_WrapKey: CKR_KEY_UNEXTRACTABLE (0x6A)"));
    }

    [Test]
    public async Task Random_octets_differ()
    {
        byte[] first = await _pool.RandomAsync(32), second = await _pool.RandomAsync(32);
        Assert.That(first, Has.Length.EqualTo(32).And.Not.EqualTo(second));
    }

    private ValueTask<(byte[] Wrapped, byte[] Info, KeyType Type)> GenerateWrapped(KeyPairAlgorithm algorithm) =>
        _pool.RunAsync((algorithm, kek: _kek), static (session, s) =>
        {
            TokenKeyPair pair = session.GenerateKeyPair(s.algorithm, null, KeyAttribute.Sign(true), KeyAttribute.Sensitive(true), KeyAttribute.Extractable(true));
            byte[] wrapped = session.Wrap(s.kek, Mechanism.AesKeyWrapPad, pair.PrivateKey);
            session.Destroy(pair.PrivateKey);
            return (wrapped, pair.PublicKeyInfo, pair.PrivateKey.Type);
        });

    /// <summary>C_CreateObject, which the binding leaves out: only a test knows a secret beforehand.</summary>
    private static unsafe bool Import(TokenSession session, byte[] secret, string label)
    {
        void* list;
        nint library = NativeLibrary.Load(TestHsm.LibraryPath);
        Cryptoki.Check("C_GetFunctionList", ((delegate* unmanaged[Cdecl]<void**, nuint>)NativeLibrary.GetExport(library, "C_GetFunctionList"))(&list));
        var createObject = (delegate* unmanaged[Cdecl]<nuint, CkAttribute*, nuint, nuint*, nuint>)((void**)list)[21];
        using var template = new Template([KeyAttribute.Class(ObjectClass.SecretKey), KeyAttribute.KeyType(KeyType.GenericSecret),
            KeyAttribute.Token(true), KeyAttribute.Sign(true), KeyAttribute.Label(label)]);
        CkAttribute* attributes = stackalloc CkAttribute[6];
        new ReadOnlySpan<CkAttribute>(template.Pointer, 5).CopyTo(new Span<CkAttribute>(attributes, 6));
        nuint handle;
        fixed (byte* value = secret)
        {
            attributes[5] = new CkAttribute { Type = KeyAttribute.ValueType, Value = value, ValueLength = (nuint)secret.Length };
            Cryptoki.Check("C_CreateObject", createObject(session.Handle, attributes, 6, &handle));
        }
        return true;
    }
}
