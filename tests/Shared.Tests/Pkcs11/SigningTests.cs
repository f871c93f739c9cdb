using System.Security.Cryptography;
using Pechat.Pkcs11;
using Pechat.Testing;

namespace Pechat.Shared.Tests.Pkcs11;

public sealed class SigningTests
{
    private static readonly byte[] Digest = SHA256.HashData("to be signed"u8);

    private TestHsm _hsm = null!;
    private TokenPool _pool = null!;

    [OneTimeSetUp]
    public void Open()
    {
        _hsm = TestHsm.Create();
        _pool = _hsm.OpenPool();
    }

    [OneTimeTearDown]
    public void Close() => _pool?.Dispose();

    [TestCase(KeyPairAlgorithm.P256)]
    [TestCase(KeyPairAlgorithm.P384)]
    public async Task An_ecdsa_signature_verifies_under_the_exported_public_key(KeyPairAlgorithm algorithm)
    {
        (TokenKey key, byte[] info) = await _pool.GenerateKeyPairAsync(algorithm, $"ec-{algorithm}");
        byte[] signature = await _pool.SignAsync(key, Mechanism.Ecdsa, Digest);
        using ECDsa verifier = ECDsa.Create();
        verifier.ImportSubjectPublicKeyInfo(info, out _);
        Assert.That(verifier.VerifyHash(Digest, signature), Is.True);
        Assert.That(await _pool.FindPublicKeyAsync($"ec-{algorithm}"), Is.EqualTo(info));
    }

    [TestCase(KeyPairAlgorithm.Rsa2048, 2048)]
    [TestCase(KeyPairAlgorithm.Rsa3072, 3072)]
    public async Task Rsa_signatures_verify_in_both_paddings(KeyPairAlgorithm algorithm, int bits)
    {
        (TokenKey key, byte[] info) = await _pool.GenerateKeyPairAsync(algorithm, $"rsa-{algorithm}");
        using RSA verifier = RSA.Create();
        verifier.ImportSubjectPublicKeyInfo(info, out _);
        Assert.That(verifier.KeySize, Is.EqualTo(bits));
        byte[] pkcs1 = await _pool.SignAsync(key, Mechanism.RsaPkcs1, DigestInfo.Encode(HashAlgorithmName.SHA256, Digest));
        byte[] pss = await _pool.SignAsync(key, Mechanism.RsaPss(HashAlgorithmName.SHA256), Digest);
        Assert.That(verifier.VerifyHash(Digest, pkcs1, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), Is.True);
        Assert.That(verifier.VerifyHash(Digest, pss, HashAlgorithmName.SHA256, RSASignaturePadding.Pss), Is.True);
    }

    [Test]
    public async Task Many_inputs_are_signed_in_their_order()
    {
        TokenKeyPair pair = await _pool.GenerateKeyPairAsync(KeyPairAlgorithm.P256, "many");
        ReadOnlyMemory<byte>[] digests = [.. Enumerable.Range(0, 20).Select(i => (ReadOnlyMemory<byte>)SHA256.HashData([(byte)i]))];
        byte[][] signatures = await _pool.SignManyAsync(pair.PrivateKey, Mechanism.Ecdsa, digests);
        using ECDsa verifier = ECDsa.Create();
        verifier.ImportSubjectPublicKeyInfo(pair.PublicKeyInfo, out _);
        for (int i = 0; i < digests.Length; i++)
            Assert.That(verifier.VerifyHash(digests[i].Span, signatures[i]), Is.True, $"signature {i}");
    }

    [Test]
    public async Task A_digest_info_of_the_wrong_hash_is_refused()
    {
        Assert.Throws<ArgumentException>(() => DigestInfo.Encode(HashAlgorithmName.SHA384, Digest));
        Assert.Throws<ArgumentException>(() => DigestInfo.Encode(HashAlgorithmName.SHA1, new byte[20]));
        TokenKeyPair pair = await _pool.GenerateKeyPairAsync(KeyPairAlgorithm.P256, "mismatch");
        Pkcs11Exception? refusal = Assert.ThrowsAsync<Pkcs11Exception>(
            async () => await _pool.SignAsync(pair.PrivateKey, Mechanism.RsaPkcs1, Digest));
        Assert.That(refusal!.Message, Does.Match(@"^C_Sign(Init)?: CKR_[A-Z_]+ \(0x[0-9A-F]+\)"));
    }

    [Test]
    public async Task A_signature_allocates_nothing_but_its_result()
    {
        TokenKeyPair pair = await _pool.GenerateKeyPairAsync(KeyPairAlgorithm.P256, "allocation");
        for (int i = 0; i < 200; i++) // past the tiers of the compiler
            await _pool.SignAsync(pair.PrivateKey, Mechanism.Ecdsa, Digest);
        const int Signatures = 500;
        int length = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Signatures; i++)
            length += (await _pool.SignAsync(pair.PrivateKey, Mechanism.Ecdsa, Digest)).Length; // on this thread: a session is free
        long perSignature = (GC.GetAllocatedBytesForCurrentThread() - before) / Signatures;
        Assert.That(length, Is.EqualTo(64 * Signatures));
        Assert.That(perSignature, Is.EqualTo(88), "an array of 64 octets takes 88");
    }
}
