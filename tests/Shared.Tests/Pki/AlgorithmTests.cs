using System.Formats.Asn1;
using System.Security.Cryptography;
using Pechat.Pki;

namespace Pechat.Shared.Tests.Pki;

internal sealed class AlgorithmTests
{
    private static IEnumerable<SignatureAlgorithm> Rows => SignatureAlgorithm.All;

    [Test, Property("Clause", "RFC 4055 §3.1, RFC 5758 §3.2")]
    public void Identifiers_are_the_published_bytes() => Assert.Multiple(() =>
    {
        Assert.That(Hex(SignatureAlgorithm.RsaSha256), Is.EqualTo("300D06092A864886F70D01010B0500"));
        Assert.That(Hex(SignatureAlgorithm.EcdsaSha256), Is.EqualTo("300A06082A8648CE3D040302"));
        Assert.That(Hex(SignatureAlgorithm.RsaPssSha256), Is.EqualTo("304106092A864886F70D01010A3034A00F300D06096086480165030402010500A11C301A06092A864886F70D010108300D06096086480165030402010500A203020120"));
        Assert.That(Convert.ToHexString(DigestAlgorithm.Sha256.DigestInfo(new byte[32])), Does.StartWith("3031300D060960864801650304020105000420"));
    });

    [TestCaseSource(nameof(Rows))]
    public async Task Every_row_signs_verifies_and_is_found_again(SignatureAlgorithm row)
    {
        using AsymmetricAlgorithm key = row.Scheme == SignatureScheme.Ecdsa ? ECDsa.Create(ECCurve.NamedCurves.nistP384) : RSA.Create(2048);
        byte[] signature = await new MemorySigner(key, row).SignAsync(new byte[] { 1, 2, 3 }, CancellationToken.None);
        var spki = SubjectPublicKey.FromTrusted(key);
        Assert.Multiple(() =>
        {
            Assert.That(SignatureAlgorithm.Find(row.Identifier), Is.SameAs(row));
            Assert.That(SignatureAlgorithm.FindForCms(row.Identifier, row.Digest), Is.SameAs(row));
            Assert.That(SignatureAlgorithm.For(row.Scheme, row.Digest), Is.SameAs(row));
            Assert.That(spki.Verify(row, [1, 2, 3], signature), Is.True);
            Assert.That(spki.Verify(row, [1, 2, 4], signature), Is.False);
            Assert.That(Rows.Where(other => other != row).Any(other => spki.Verify(other, [1, 2, 3], signature)), Is.False);
        });
    }

    [Test, Property("Clause", "RFC 5754 §3.2")]
    public void Rsa_encryption_takes_its_hash_from_the_digest_algorithm() => Assert.Multiple(() =>
    {
        var rsaEncryption = new AlgorithmIdentifier(Oids.RsaEncryption, new byte[] { 5, 0 });
        Assert.That(SignatureAlgorithm.FindForCms(rsaEncryption, DigestAlgorithm.Sha384), Is.SameAs(SignatureAlgorithm.RsaSha384));
        Assert.That(SignatureAlgorithm.FindForCms(SignatureAlgorithm.RsaSha256.Identifier, DigestAlgorithm.Sha384), Is.Null);
    });

    [Test]
    public void Weak_hashes_are_not_in_the_table() => Assert.Multiple(() =>
    {
        Assert.That(DigestAlgorithm.Find(DigestAlgorithm.Sha1.Oid), Is.Null);
        Assert.That(SignatureAlgorithm.Find(new AlgorithmIdentifier("1.2.840.113549.1.1.5", new byte[] { 5, 0 })), Is.Null);  // sha1WithRSA
        Assert.That(SignatureAlgorithm.Find(new AlgorithmIdentifier("1.2.840.113549.1.1.4", new byte[] { 5, 0 })), Is.Null);  // md5WithRSA
        Assert.That(SignatureAlgorithm.Find(new AlgorithmIdentifier(SignatureAlgorithm.RsaSha256.Oid, default)), Is.Null);   // RFC 4055 §5: NULL is required
    });

    [Test]
    public void Keys_are_described() => Assert.Multiple(() =>
    {
        using var rsa = RSA.Create(2048);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.That(SubjectPublicKey.FromTrusted(rsa).RsaModulusBits, Is.EqualTo(2048));
        Assert.That(SubjectPublicKey.FromTrusted(rsa).RsaExponent, Is.EqualTo(new System.Numerics.BigInteger(65537)));
        Assert.That(SubjectPublicKey.FromTrusted(ec).Curve, Is.EqualTo(Oids.CurveP256));
        Assert.That(SubjectPublicKey.FromTrusted(ec).KeyBits.Length, Is.EqualTo(65));
    });

    [Test, Property("Clause", "TS 119 312")]
    public void Point_off_the_curve_verifies_nothing()
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] spki = ec.ExportSubjectPublicKeyInfo();
        byte[] signature = ec.SignData([1], HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        Assert.That(SubjectPublicKey.Parse(spki).Verify(SignatureAlgorithm.EcdsaSha256, [1], signature), Is.True);
        spki[^1] ^= 1;
        Assert.That(SubjectPublicKey.Parse(spki).Verify(SignatureAlgorithm.EcdsaSha256, [1], signature), Is.False);
    }

    [Test, Property("Clause", "RFC 7518 §3.4")]
    public void Ecdsa_values_change_encoding_and_back()
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        for (int i = 0; i < 300; i++) // among 300 some numbers are short and some have their top bit set
        {
            byte[] fixedLength = ec.SignData([(byte)i], HashAlgorithmName.SHA256);
            byte[] der = EcdsaValue.ToDer(fixedLength);
            Assert.That(ec.VerifyData(new[] { (byte)i }, der, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence), Is.True);
            Assert.That(EcdsaValue.ToFixedLength(der, 32), Is.EqualTo(fixedLength));
        }
    }

    [TestCase("3006020101020180", TestName = "negative number")]
    [TestCase("3027022201000000000000000000000000000000000000000000000000000000000000000000020101", TestName = "number longer than the field")]
    [TestCase("3006020101020101FF", TestName = "trailing byte")]
    public void Ecdsa_values_out_of_range_are_refused(string hex) =>
        Assert.That(() => EcdsaValue.ToFixedLength(Convert.FromHexString(hex), 32), Throws.TypeOf<AsnContentException>());

    private static string Hex(SignatureAlgorithm algorithm)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        algorithm.Write(writer);
        return Convert.ToHexString(writer.Encode());
    }
}
