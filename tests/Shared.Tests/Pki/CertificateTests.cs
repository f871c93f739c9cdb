using System.Formats.Asn1;
using Pechat.Pki;
using Pechat.Testing;

namespace Pechat.Shared.Tests.Pki;

internal sealed class CertificateTests
{
    [Test, Property("Clause", "RFC 5280 §4.2")]
    public void Extensions_are_the_published_bytes() => Assert.Multiple(() =>
    {
        Expect(CertificateExtensions.KeyUsage(KeyUsages.NonRepudiation), "300E0603551D0F0101FF040403020640");
        Expect(CertificateExtensions.KeyUsage(KeyUsages.DigitalSignature | KeyUsages.NonRepudiation), "300E0603551D0F0101FF0404030206C0");
        Expect(CertificateExtensions.KeyUsage(KeyUsages.DigitalSignature), "300E0603551D0F0101FF040403020780");
        Expect(CertificateExtensions.KeyUsage(KeyUsages.KeyCertSign | KeyUsages.CrlSign), "300E0603551D0F0101FF040403020106");
        Expect(CertificateExtensions.CertificateAuthority(), "300F0603551D130101FF040530030101FF");
        Expect(CertificateExtensions.CertificateAuthority(0), "30120603551D130101FF040830060101FF020100");
        Expect(CertificateExtensions.ExtendedKeyUsage(true, Oids.KpTimeStamping), "30160603551D250101FF040C300A06082B06010505070308");
        Expect(CertificateExtensions.ExtendedKeyUsage(false, Oids.KpOcspSigning), "30130603551D25040C300A06082B06010505070309");
        Expect(CertificateExtensions.Policies(new CertificatePolicy(Oids.PolicyQcpNaturalQscd)), "30140603551D20040D300B3009060704008BEC400102");
        Expect(CertificateExtensions.ValidityAssuredShortTerm(), "300D060704008BEC49020104020500");
        Expect(CertificateExtensions.NoRevocationAvailable(), "30090603551D3804020500");
        Expect(CertificateExtensions.OcspNoCheck(), "300F06092B060105050730010504020500");
        Expect(CertificateExtensions.CrlDistributionPoint("http://crl.example/7.crl"), "30290603551D1F04223020301EA01CA01A8618687474703A2F2F63726C2E6578616D706C652F372E63726C");
        Expect(CertificateExtensions.Qualified(QcStatementsTests.Natural), "307C06082B060105050701030470306E3008060604008E4601013008060604008E4601043013060604008E4601063009060704008E46010601302C060604008E46010530223020161A68747470733A2F2F7064732E6578616D706C652F656E2E7064661302656E301506082B06010505070B023009060704008BEC490101");
        Expect(CertificateExtensions.PrivateKeyUsagePeriod(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero)),
            "302B0603551D1004243022800F32303236303130313030303030305A810F32303237303130313030303030305A");
    });

    [Test, Property("Clause", "EN 319 412-2 §4.2.4")]
    public void Name_of_a_natural_person_is_the_published_bytes()
    {
        var name = new DistinguishedName([new(Oids.Country, "LU"), new(Oids.GivenName, "Mamie1"), new(Oids.Surname, "Dupont"), new(Oids.SerialNumber, "PNOLU-1990010112345"), new(Oids.CommonName, "Mamie Dupont")]);
        Assert.That(Convert.ToHexString(name.Encoded.Span), Is.EqualTo(
            "3064310B3009060355040613024C55310F300D060355042A0C064D616D696531310F300D06035504040C064475706F6E74311C301A06035504051313504E4F4C552D313939303031303131323334353115301306035504030C0C4D616D6965204475706F6E74"));
        Assert.That(DistinguishedName.Parse(name.Encoded), Is.EqualTo(name));
    }

    [Test]
    public void Value_that_its_string_type_cannot_hold_is_refused() =>
        Assert.That(() => new DistinguishedName([new(Oids.SerialNumber, "ЕГН")]), Throws.ArgumentException);

    [Test, Property("Clause", "RFC 5280 §4.1.2.2")]
    public void Serials_are_positive_minimal_unique_and_look_random()
    {
        byte[][] serials = [.. Enumerable.Range(0, 10_000).Select(_ => TbsCertificate.NewSerial())];
        int ones = serials.Sum(serial => serial[^15..].Sum(each => System.Numerics.BitOperations.PopCount(each)));
        Assert.Multiple(() =>
        {
            Assert.That(serials.Select(Convert.ToHexString).Distinct().Count(), Is.EqualTo(serials.Length));
            Assert.That(serials.All(serial => serial.Length is 16 or 17 && (serial.Length == 16 ? serial[0] is > 0 and < 0x80 : serial[0] == 0 && serial[1] >= 0x80)), Is.True);
            Assert.That(ones, Is.EqualTo(600_000).Within(2_000)); // FIPS 140-1 monobit, scaled: five standard deviations of √1,200,000 / 2
        });
    }

    [Test, Property("Clause", "RFC 5280 §6")]
    public void Openssl_accepts_the_chain_strictly()
    {
        using var authority = new Authority();
        using var openssl = new OpenSsl();
        openssl.WritePem("root.pem", "CERTIFICATE", authority.Root.Encoded);
        openssl.WritePem("ca.pem", "CERTIFICATE", authority.Issuer.Encoded);
        openssl.WritePem("leaf.pem", "CERTIFICATE", authority.Person().Certificate.Encoded);
        Assert.That(openssl.Succeed("verify", "-x509_strict", "-attime", "1767400000", "-CAfile", "root.pem", "-untrusted", "ca.pem", "leaf.pem"), Does.Contain("leaf.pem: OK"));
        string text = openssl.Succeed("x509", "-in", "leaf.pem", "-noout", "-text", "-nameopt", "utf8");
        Assert.That(text, Does.Contain("Non Repudiation").And.Contain("http://ca.example/ocsp").And.Contain("maria@example.org").And.Contain("Мария Иванова"));
    }

    [Test]
    public void What_was_written_is_read()
    {
        using var authority = new Authority();
        Certificate leaf = authority.Person().Certificate;
        Assert.Multiple(() =>
        {
            Assert.That(leaf.IsSignedBy(authority.Issuer), Is.True);
            Assert.That(leaf.IsSignedBy(authority.Root), Is.False);
            Assert.That(leaf.KeyUsage(), Is.EqualTo(KeyUsages.NonRepudiation));
            Assert.That(leaf.Policies(), Is.EqualTo(new[] { Oids.PolicyQcpNaturalQscd, "1.3.6.1.4.1.32473.1.1" }));
            Assert.That(leaf.SubjectEmail(), Is.EqualTo("maria@example.org"));
            Assert.That(leaf.OcspUrls(), Is.EqualTo(new[] { "http://ca.example/ocsp" }));
            Assert.That(leaf.CaIssuersUrls(), Is.EqualTo(new[] { "http://ca.example/ca/people-ca.cer" }));
            Assert.That(leaf.CrlUrls(), Is.EqualTo(new[] { "http://ca.example/crl/people-ca.crl" }));
            Assert.That(leaf.AuthorityKeyIdentifier()!.Value.ToArray(), Is.EqualTo(authority.Issuer.SubjectKeyIdentifier()!.Value.ToArray()));
            Assert.That(leaf.IsCertificateAuthority(), Is.False);
            Assert.That(authority.Issuer.IsCertificateAuthority(), Is.True);
            Assert.That(leaf.Qualified()!.Type, Is.EqualTo(Oids.QcTypeEsign));
            Assert.That(leaf.Subject.Find(Oids.Surname), Is.EqualTo("Иванова"));
            Assert.That(leaf.NotAfter, Is.EqualTo(Authority.Now.AddYears(30)));
            Assert.That(authority.TimestampUnit().Certificate.PrivateKeyUsagePeriod()!.Value.NotAfter, Is.EqualTo(Authority.Now.AddYears(1)));
        });
    }

    [Test]
    public void Changed_byte_breaks_the_signature()
    {
        using var authority = new Authority();
        byte[] der = authority.Person().Certificate.Encoded.ToArray();
        der[der.AsSpan().IndexOf("maria@example.org"u8)] = (byte)'M';
        Assert.That(Certificate.Parse(der).IsSignedBy(authority.Issuer), Is.False);
    }

    [Test, Property("Clause", "RFC 5280 §4.1.1.2")]
    public void Algorithms_that_differ_inside_and_outside_are_refused()
    {
        using var authority = new Authority();
        SignedObject signed = authority.Person().Certificate.Signed;
        byte[] forged = SignedObject.Assemble(signed.Tbs.Span, SignatureAlgorithm.EcdsaSha384, signed.Signature.Span);
        Assert.That(() => Certificate.Parse(forged), Throws.TypeOf<AsnContentException>());
    }

    [Test]
    public void Trailing_bytes_are_refused()
    {
        using var authority = new Authority();
        Assert.That(() => Certificate.Parse((byte[])[.. authority.Root.Encoded.Span, 0]), Throws.TypeOf<AsnContentException>());
    }

    [Test, Property("Clause", "RFC 5280 §4.1.2.5")]
    public void Validity_beyond_2049_is_generalized_time()
    {
        using var authority = new Authority();
        Certificate root = authority.Root;
        Assert.That(root.NotAfter.Year, Is.EqualTo(2056));
        Assert.That(root.Encoded.Span.IndexOf("20560102030405Z"u8), Is.Positive);
    }

    private static void Expect(Extension extension, string hex)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        extension.Write(writer);
        Assert.That(Convert.ToHexString(writer.Encode()), Is.EqualTo(hex));
    }
}
