using Pechat.Pki;
using Pechat.Testing;

namespace Pechat.Shared.Tests.Pki;

/// <summary>RSASSA-PSS with salts that the base class library does not verify; openssl makes the signatures.</summary>
internal sealed class RsaPssTests
{
    [TestCase(2048, 222), TestCase(2048, 0), TestCase(2048, 20), TestCase(2049, 222), TestCase(2056, 100)]
    [Property("Clause", "RFC 8017 §8.1.2")]
    public void Signature_of_openssl_verifies_with_its_salt_and_no_other(int bits, int salt)
    {
        using var tool = new OpenSsl();
        tool.Write("data", "alpha"u8);
        tool.Succeed("genpkey", "-algorithm", "RSA", "-pkeyopt", $"rsa_keygen_bits:{bits}", "-out", "key.pem");
        tool.Succeed("pkey", "-in", "key.pem", "-pubout", "-outform", "DER", "-out", "key.der");
        tool.Succeed("dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", $"rsa_pss_saltlen:{salt}", "-sign", "key.pem", "-out", "signature", "data");
        SubjectPublicKey key = SubjectPublicKey.Parse(tool.Read("key.der"));
        byte[] signature = tool.Read("signature");
        bool Verifies(int length, byte[] value, ReadOnlySpan<byte> data) =>
            key.Verify(SignatureAlgorithm.RsaPss(new RsaPssParameters(DigestAlgorithm.Sha256, length)), data, value);

        Assert.That(Verifies(salt, signature, "alpha"u8));
        Assert.That(Verifies(salt + 1, signature, "alpha"u8), Is.False, "another salt length");
        Assert.That(Verifies(salt, signature, "bravo"u8), Is.False, "another message");
        Assert.That(Verifies(salt, [.. signature[..^1]], "alpha"u8), Is.False, "a short value");
        signature[^1] ^= 1;
        Assert.That(Verifies(salt, signature, "alpha"u8), Is.False, "another value");
        Assert.That(Verifies(salt, [.. Enumerable.Repeat((byte)0xFF, signature.Length)], "alpha"u8), Is.False, "a value above the modulus");
    }

    [Test]
    public void Salt_as_long_as_the_hash_is_the_row_of_the_table() =>
        Assert.That(SignatureAlgorithm.RsaPss(new RsaPssParameters(DigestAlgorithm.Sha256, 32)), Is.SameAs(SignatureAlgorithm.RsaPssSha256));
}
