using System.Security.Cryptography;
using Pechat.Pki;
using Pechat.Testing;

namespace Pechat.Shared.Tests.Pki;

internal sealed class CertificationRequestTests
{
    private static readonly DistinguishedName Name = new([new(Oids.CommonName, "request")]);
    private static IEnumerable<SignatureAlgorithm> Rows => SignatureAlgorithm.All;

    [TestCaseSource(nameof(Rows)), Property("Clause", "RFC 2986 §4")]
    public async Task Openssl_accepts_our_request(SignatureAlgorithm row)
    {
        using AsymmetricAlgorithm key = row.Scheme == SignatureScheme.Ecdsa ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : RSA.Create(2048);
        byte[] der = await CertificationRequest.SignAsync(Name, SubjectPublicKey.FromTrusted(key), new MemorySigner(key, row), CancellationToken.None);
        using var openssl = new OpenSsl();
        openssl.Write("request.der", der);
        Assert.That(openssl.Succeed("req", "-inform", "DER", "-in", "request.der", "-verify", "-noout"), Does.Contain("verify OK"));
        Assert.That(CertificationRequest.Parse(der).ProvesPossession, Is.True);
    }

    [Test, Property("Clause", "RFC 2986 §4.1")]
    public void Request_of_openssl_with_extensions_is_accepted_and_its_extensions_are_passed_over()
    {
        using var openssl = new OpenSsl();
        openssl.Succeed("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem", "-subj", "/C=BG/CN=somebody",
            "-addext", "basicConstraints=critical,CA:TRUE", "-outform", "DER", "-out", "request.der");
        CertificationRequest request = CertificationRequest.Parse(openssl.Read("request.der"));
        Assert.That(request.ProvesPossession, Is.True);
        Assert.That(request.Subject.ToString(), Is.EqualTo("CN=somebody, C=BG"));
    }

    [Test]
    public void Request_signed_over_sha1_proves_nothing()
    {
        using var openssl = new OpenSsl();
        openssl.Succeed("req", "-new", "-newkey", "rsa:2048", "-sha1", "-nodes", "-keyout", "key.pem", "-subj", "/CN=somebody", "-outform", "DER", "-out", "request.der");
        Assert.That(CertificationRequest.Parse(openssl.Read("request.der")).ProvesPossession, Is.False);
    }

    [Test]
    public async Task Request_signed_by_another_key_proves_nothing()
    {
        using var mine = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] der = await CertificationRequest.SignAsync(Name, SubjectPublicKey.FromTrusted(other), new MemorySigner(mine), CancellationToken.None);
        Assert.That(CertificationRequest.Parse(der).ProvesPossession, Is.False);
    }
}
