using System.Formats.Asn1;
using Pechat.Pki;
using Pechat.Testing;

namespace Pechat.Shared.Tests.Pki;

/// <summary>Published bytes were computed with openssl asn1parse and openssl ocsp for RFC 6960.</summary>
internal sealed class OcspTests
{
    private const string Sha1Request = "30433041303F303D303B300906052B0E03021A05000414711D397671C9FACF2242095925979A0698E46B110414DD8E2559E41193C696718E06D36CAE10C536681602021234";
    private const string Sha256Request = "305F305D305B30593057300D060960864801650304020105000420E7E4CA171EA8CFC4A8F6FF695CEA364EE980E1AB1FBAD629CDA737B386D7B5DA04206BCDA99D58E5962B91D70F9C5D248E078F77DF6A8B3D8C84F81F39391121582802021234";
    private const string NonceRequest = "30683066303F303D303B300906052B0E03021A05000414711D397671C9FACF2242095925979A0698E46B110414DD8E2559E41193C696718E06D36CAE10C536681602021234A2233021301F06092B060105050730010204120410000102030405060708090A0B0C0D0E0F";

    [TestCase(Sha1Request, null), TestCase(Sha256Request, null), TestCase(NonceRequest, "000102030405060708090A0B0C0D0E0F"), Property("Clause", "RFC 6960 §4.1.1")]
    public void Published_request_is_read_and_written(string hex, string? nonce)
    {
        OcspRequest request = OcspRequest.Parse(Convert.FromHexString(hex));
        Assert.Multiple(() =>
        {
            Assert.That(request.Certificates.Single().Serial, Is.EqualTo("1234"));
            Assert.That(request.Nonce is { } octets ? Convert.ToHexString(octets.Span) : null, Is.EqualTo(nonce));
            Assert.That(Convert.ToHexString(OcspRequest.Encode(request.Certificates, request.Nonce)), Is.EqualTo(hex));
        });
    }

    [TestCase(1, true), TestCase(32, true), TestCase(128, true), TestCase(0, false), TestCase(129, false), Property("Clause", "RFC 9654 §2.1")]
    public void Nonce_has_1_to_128_octets(int length, bool accepted)
    {
        byte[] der = OcspRequest.Encode(OcspRequest.Parse(Convert.FromHexString(Sha1Request)).Certificates, new byte[length]);
        if (accepted)
            Assert.That(OcspRequest.Parse(der).Nonce!.Value.Length, Is.EqualTo(length));
        else
            Assert.That(() => OcspRequest.Parse(der), Throws.TypeOf<AsnContentException>());
    }

    [TestCase(OcspResponseStatus.MalformedRequest, "30030A0101"), TestCase(OcspResponseStatus.InternalError, "30030A0102"), TestCase(OcspResponseStatus.TryLater, "30030A0103")]
    [TestCase(OcspResponseStatus.SignatureRequired, "30030A0105"), TestCase(OcspResponseStatus.Unauthorized, "30030A0106"), Property("Clause", "RFC 6960 §4.2.1")]
    public void Errors_are_the_published_bytes(OcspResponseStatus status, string hex)
    {
        Assert.That(Convert.ToHexString(OcspResponse.Error(status)), Is.EqualTo(hex));
        Assert.That(OcspResponse.Parse(Convert.FromHexString(hex)).Status, Is.EqualTo(status));
    }

    [Test, Property("Clause", "RFC 6960 §4.2.2")]
    public async Task Openssl_verifies_our_delegated_response_about_three_certificates()
    {
        using var authority = new Authority();
        (MemorySigner key, Certificate responder) = authority.Responder();
        Certificate good = authority.Person().Certificate, held = authority.Person().Certificate, foreign = authority.Person().Certificate;
        using var openssl = new OpenSsl();
        openssl.WritePem("root.pem", "CERTIFICATE", authority.Root.Encoded);
        openssl.WritePem("ca.pem", "CERTIFICATE", authority.Issuer.Encoded);
        openssl.WritePem("good.pem", "CERTIFICATE", good.Encoded);
        openssl.WritePem("held.pem", "CERTIFICATE", held.Encoded);
        openssl.WritePem("unknown.pem", "CERTIFICATE", foreign.Encoded);
        openssl.Succeed("ocsp", "-issuer", "ca.pem", "-cert", "good.pem", "-sha256", "-cert", "held.pem", "-cert", "unknown.pem", "-reqout", "request.der");
        OcspRequest request = OcspRequest.Parse(openssl.Read("request.der"));
        DateTimeOffset now = DateTimeOffset.UtcNow; // openssl compares with the clock of the machine
        SingleResponse[] answers = [.. request.Certificates.Select(each => new SingleResponse
        {
            Certificate = each,
            Status = each.Serial == good.Serial ? OcspCertificateStatus.Good : each.Serial == held.Serial ? OcspCertificateStatus.Revoked : OcspCertificateStatus.Unknown,
            RevokedAt = each.Serial == held.Serial ? Authority.Now : null,
            Reason = each.Serial == held.Serial ? RevocationReason.CertificateHold : null,
            ThisUpdate = now,
            NextUpdate = now.AddHours(1),
        })];
        byte[] der = await BasicOcspResponse.SignAsync(answers, now, request.Nonce, responder, key, CancellationToken.None);
        openssl.Write("response.der", der);
        Assert.That(openssl.Succeed("ocsp", "-respin", "response.der", "-reqin", "request.der", "-CAfile", "root.pem", "-verify_other", "ca.pem"), Does.Contain("Response verify OK"));
        string printed = openssl.Succeed("ocsp", "-respin", "response.der", "-no_nonce", "-issuer", "ca.pem", "-cert", "good.pem", "-sha256", "-cert", "held.pem", "-cert", "unknown.pem", "-CAfile", "root.pem", "-verify_other", "ca.pem");
        Assert.That(printed, Does.Contain("Response verify OK").And.Contain("good.pem: good").And.Contain("held.pem: revoked").And.Contain("certificateHold").And.Contain("unknown.pem: unknown"));

        BasicOcspResponse read = OcspResponse.Parse(der).Basic!;
        Assert.Multiple(() =>
        {
            Assert.That(read.Nonce!.Value.ToArray(), Is.EqualTo(request.Nonce!.Value.ToArray()));
            Assert.That(read.ResponderKey!.Value.Length, Is.EqualTo(20));
            Assert.That(read.FindResponder(authority.Issuer)!.Serial, Is.EqualTo(responder.Serial));
            Assert.That(read.FindResponder(authority.Root), Is.Null, "another CA's delegate");
            Assert.That(read.Find(authority.Issuer, held.SerialNumber)!.Reason, Is.EqualTo(RevocationReason.CertificateHold));
            Assert.That(read.Responses.Select(each => Convert.ToHexString(each.Certificate.Encoded.Span)), Is.EqualTo(request.Certificates.Select(each => Convert.ToHexString(each.Encoded.Span))));
        });
    }

    [Test, Property("Clause", "RFC 6960 §4.2.2.2")]
    public async Task Certificate_without_the_purpose_is_no_responder()
    {
        using var authority = new Authority();
        (MemorySigner key, Certificate person) = authority.Person();
        var answer = new SingleResponse { Certificate = CertId.Create(authority.Issuer, person.SerialNumber), Status = OcspCertificateStatus.Good, ThisUpdate = Authority.Now };
        BasicOcspResponse forged = OcspResponse.Parse(await BasicOcspResponse.SignAsync([answer], Authority.Now, null, person, key, CancellationToken.None)).Basic!;
        Assert.That(forged.FindResponder(authority.Issuer), Is.Null);
    }

    [Test]
    public void Critical_extension_that_is_not_known_is_refused()
    {
        string critical = NonceRequest.Replace("A2233021301F06092B0601050507300102", "A226302430220609" + "2B06010505073001" + "7F" + "0101FF", StringComparison.Ordinal).Replace("30683066", "306B3069", StringComparison.Ordinal);
        Assert.That(() => OcspRequest.Parse(Convert.FromHexString(critical)), Throws.TypeOf<AsnContentException>().With.Message.Contain("critical"));
    }
}
