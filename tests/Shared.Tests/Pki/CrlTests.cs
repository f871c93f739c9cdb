using System.Formats.Asn1;
using System.Numerics;
using Pechat.Pki;
using Pechat.Testing;

namespace Pechat.Shared.Tests.Pki;

internal sealed class CrlTests
{
    [Test, Property("Clause", "RFC 5280 §5")]
    public void Openssl_accepts_our_crl_and_finds_the_revoked_certificate()
    {
        using var authority = new Authority();
        Certificate revoked = authority.Person().Certificate, held = authority.Person().Certificate, good = authority.Person().Certificate;
        DateTimeOffset now = Authority.Now;
        CertificateList crl = Crl(authority, now, new RevokedCertificate(revoked.SerialNumber, now, RevocationReason.KeyCompromise, now.AddDays(-2)),
            new RevokedCertificate(held.SerialNumber, now, RevocationReason.CertificateHold), new RevokedCertificate(new byte[] { 7 }, now));
        using var openssl = new OpenSsl();
        openssl.WritePem("crl.pem", "X509 CRL", crl.Encoded);
        openssl.WritePem("root.pem", "CERTIFICATE", authority.Root.Encoded);
        openssl.WritePem("ca.pem", "CERTIFICATE", authority.Issuer.Encoded);
        openssl.WritePem("good.pem", "CERTIFICATE", good.Encoded);
        openssl.WritePem("revoked.pem", "CERTIFICATE", revoked.Encoded);
        Assert.That(openssl.Succeed("crl", "-in", "crl.pem", "-CAfile", "ca.pem", "-noout"), Does.Contain("verify OK"));
        string text = openssl.Succeed("crl", "-in", "crl.pem", "-noout", "-text");
        Assert.That(text, Does.Contain("Key Compromise").And.Contain("Certificate Hold").And.Contain("Invalidity Date").And.Contain("http://crl.example/7.crl"));
        string[] verify = ["verify", "-x509_strict", "-attime", "1767400000", "-crl_check", "-CAfile", "root.pem", "-untrusted", "ca.pem", "-CRLfile", "crl.pem"];
        // The CRL carries the distribution point of the known bytes, the certificates another: openssl compares them, as it should.
        Assert.That(openssl.Run([.. verify, "good.pem"]).Output, Does.Contain("different CRL scope").IgnoreCase);

        CertificateList whole = CertificateList.Parse(Authority.Sign(Tbs(authority, now, [.. crl.Revoked]) with { DistributionPoint = "http://ca.example/crl/people-ca.crl" }, authority));
        openssl.WritePem("crl.pem", "X509 CRL", whole.Encoded);
        Assert.That(openssl.Succeed([.. verify, "good.pem"]), Does.Contain("good.pem: OK"));
        Assert.That(openssl.Run([.. verify, "revoked.pem"]).Output, Does.Contain("certificate revoked"));
    }

    [Test]
    public void What_was_written_is_read()
    {
        using var authority = new Authority();
        DateTimeOffset now = Authority.Now;
        CertificateList crl = Crl(authority, now, new RevokedCertificate(new byte[] { 7 }, now, RevocationReason.Unspecified), new RevokedCertificate(new byte[] { 8 }, now, RevocationReason.Superseded));
        Assert.Multiple(() =>
        {
            Assert.That(crl.IsSignedBy(authority.Issuer), Is.True);
            Assert.That(crl.IsSignedBy(authority.Root), Is.False);
            Assert.That(crl.Number, Is.EqualTo(BigInteger.Parse("123456789012345678901234567890", null)));
            Assert.That(crl.Find(new byte[] { 7 })!.Reason, Is.Null, "unspecified is never encoded");
            Assert.That(crl.Find(new byte[] { 8 })!.Reason, Is.EqualTo(RevocationReason.Superseded));
            Assert.That(crl.Find(new byte[] { 9 }), Is.Null);
            Assert.That(crl.ExpiredCertsSince, Is.EqualTo(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)));
            Assert.That(crl.DistributionPoint!.Urls, Is.EqualTo(new[] { "http://crl.example/7.crl" }));
            Assert.That(crl.DistributionPoint.OnlyUserCertificates && !crl.DistributionPoint.IsPartial && !crl.DistributionPoint.OnlyCaCertificates, Is.True);
            Assert.That(crl.IsDelta, Is.False);
        });
    }

    [Test, Property("Clause", "RFC 5280 §5.2")]
    public void Extensions_are_the_published_bytes()
    {
        using var authority = new Authority();
        string hex = Convert.ToHexString(Crl(authority, Authority.Now).Encoded.Span);
        Assert.That(hex, Does.Contain("302D0603551D1C0101FF04233021A01CA01A8618687474703A2F2F63726C2E6578616D706C652F372E63726C8101FF"));
        Assert.That(hex, Does.Contain("30180603551D3C0411180F32303236303130313030303030305A"));
    }

    [Test, Property("Clause", "RFC 5280 §5.1.2.6")]
    public void List_without_entries_leaves_the_field_out()
    {
        using var authority = new Authority();
        CertificateList crl = Crl(authority, Authority.Now);
        Assert.That(crl.Revoked, Is.Empty);
        Assert.That(Convert.ToHexString(crl.Signed.Tbs.Span), Does.Not.Contain("5A3000A0")); // a time, an empty SEQUENCE, the extensions
    }

    [Test]
    public void Certificate_listed_twice_is_refused()
    {
        using var authority = new Authority();
        var entry = new RevokedCertificate(new byte[] { 7 }, Authority.Now);
        Assert.That(() => Crl(authority, Authority.Now, entry, entry), Throws.TypeOf<AsnContentException>());
    }

    private static CertificateList Crl(Authority authority, DateTimeOffset now, params RevokedCertificate[] revoked) =>
        CertificateList.Parse(Authority.Sign(Tbs(authority, now, revoked), authority));

    private static TbsCertificateList Tbs(Authority authority, DateTimeOffset now, RevokedCertificate[] revoked) => new()
    {
        Algorithm = authority.IssuerKey.Algorithm,
        Issuer = authority.Issuer,
        ThisUpdate = now.AddHours(-1),
        NextUpdate = now.AddDays(1),
        Number = BigInteger.Parse("123456789012345678901234567890", null),
        Revoked = revoked,
        DistributionPoint = "http://crl.example/7.crl",
        OnlyUserCertificates = true,
        ExpiredCertsSince = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
    };
}
