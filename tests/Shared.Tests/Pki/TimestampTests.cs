using System.Formats.Asn1;
using System.Security.Cryptography;
using Pechat.Pki;
using Pechat.Testing;

namespace Pechat.Shared.Tests.Pki;

/// <summary>Published bytes were computed with openssl asn1parse and openssl ts for RFC 3161 and EN 319 422.</summary>
internal sealed class TimestampTests
{
    private const string Request = "30430201013031300D060960864801650304020105000420E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B85502080123456789ABCDEF0101FF";
    private const string RequestWithPolicy = "304B0201013031300D060960864801650304020105000420E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855060604008F67010102080123456789ABCDEF0101FF";
    private const string Info = "308185020101060604008F6701013031300D060960864801650304020105000420E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B85502080102030405060708180F32303236303130323033303430355A300302010102080123456789ABCDEFA11B301906082B06010505070103040D300B30090607040081975E0101";

    [TestCase(Request, null), TestCase(RequestWithPolicy, Oids.PolicyBestPracticeTimestamp), Property("Clause", "RFC 3161 §2.4.1")]
    public void Published_request_is_read_and_written(string hex, string? policy)
    {
        TimestampRequest request = TimestampRequest.Parse(Convert.FromHexString(hex));
        Assert.Multiple(() =>
        {
            Assert.That(request.Policy, Is.EqualTo(policy));
            Assert.That(request.CertificateRequested, Is.True);
            Assert.That(Convert.ToHexString(request.Nonce!.Value.Span), Is.EqualTo("0123456789ABCDEF"));
            Assert.That(request.Imprint.Matches(DigestAlgorithm.Sha256, SHA256.HashData([])), Is.True);
            Assert.That(Convert.ToHexString(request.Encode()), Is.EqualTo(hex));
        });
    }

    [Test, Property("Clause", "EN 319 422 §9.1")]
    public void Token_information_is_the_published_bytes()
    {
        byte[] der = InfoFor(TimestampRequest.Parse(Convert.FromHexString(Request))).Encode();
        Assert.That(Convert.ToHexString(der), Is.EqualTo(Info));
        Assert.That(Convert.ToHexString(TstInfo.Parse(der).Encode()), Is.EqualTo(Info));
    }

    [TestCase(TimestampFailure.BadAlgorithm, "3009300702010203020780")]
    [TestCase(TimestampFailure.BadRequest, "3009300702010203020520")]
    [TestCase(TimestampFailure.BadDataFormat, "3009300702010203020204")]
    [TestCase(TimestampFailure.TimeNotAvailable, "300A30080201020303010002")]
    [TestCase(TimestampFailure.UnacceptedPolicy, "300A30080201020303000001")]
    [TestCase(TimestampFailure.UnacceptedExtension, "300B3009020102030407000080")]
    [TestCase(TimestampFailure.AdditionalInfoNotAvailable, "300B3009020102030406000040")]
    [TestCase(TimestampFailure.SystemFailure, "300C300A02010203050600000040")]
    [Property("Clause", "RFC 3161 §2.4.2")]
    public void Refusals_are_the_published_bytes(TimestampFailure failure, string hex)
    {
        byte[] der = TimestampResponse.Refused(failure);
        TimestampResponse read = TimestampResponse.Parse(der);
        Assert.Multiple(() =>
        {
            Assert.That(Convert.ToHexString(der), Is.EqualTo(hex));
            Assert.That(read.IsGranted, Is.False);
            Assert.That(read.Failure, Is.EqualTo(failure));
        });
    }

    [TestCase(true), TestCase(false), Property("Clause", "RFC 3161 §2.4.2")]
    public async Task Openssl_verifies_our_token(bool withCertificate)
    {
        using var authority = new Authority();
        (MemorySigner key, Certificate certificate) = authority.TimestampUnit();
        TimestampRequest request = TimestampRequest.Parse(Convert.FromHexString(Request));
        byte[] token = await TimestampToken.SignAsync(InfoFor(request), certificate, key, withCertificate ? [certificate] : [], CancellationToken.None);
        using var openssl = new OpenSsl();
        openssl.Write("request.tsq", Convert.FromHexString(Request));
        openssl.Write("response.tsr", TimestampResponse.Granted(token));
        openssl.WritePem("root.pem", "CERTIFICATE", authority.Root.Encoded);
        openssl.WritePem("chain.pem", "CERTIFICATE", authority.Issuer.Encoded, certificate.Encoded);
        string printed = openssl.Succeed("ts", "-verify", "-queryfile", "request.tsq", "-in", "response.tsr", "-CAfile", "root.pem", "-untrusted", "chain.pem", "-attime", "1767400000");
        Assert.That(printed, Does.Contain("Verification: OK"));
        Assert.That(SignedData.Parse(token).Certificates.Count, Is.EqualTo(withCertificate ? 1 : 0));
    }

    [Test]
    public async Task Token_verifies_only_under_the_certificate_it_names()
    {
        using var authority = new Authority();
        (MemorySigner key, Certificate certificate) = authority.TimestampUnit();
        TstInfo info = InfoFor(TimestampRequest.Parse(Convert.FromHexString(Request)));
        TimestampToken token = TimestampToken.Parse(await TimestampToken.SignAsync(info, certificate, key, [certificate], CancellationToken.None));
        (MemorySigner person, Certificate personal) = authority.Person();
        TimestampToken byPerson = TimestampToken.Parse(await TimestampToken.SignAsync(info, personal, person, [], CancellationToken.None));
        TimestampToken late = TimestampToken.Parse(await TimestampToken.SignAsync(info with { GenTime = certificate.NotAfter.AddSeconds(1) }, certificate, key, [], CancellationToken.None));
        Assert.Multiple(() =>
        {
            Assert.That(token.Verify(certificate), Is.True);
            Assert.That(token.Verify(authority.TimestampUnit().Certificate), Is.False);
            Assert.That(byPerson.Verify(personal), Is.False, "its purpose is not time stamping");
            Assert.That(late.Verify(certificate), Is.False);
        });
    }

    [Test]
    public void Token_and_status_may_not_contradict_each_other() =>
        Assert.That(() => TimestampResponse.Parse(Convert.FromHexString("30053003020100")), Throws.TypeOf<AsnContentException>());

    private static TstInfo InfoFor(TimestampRequest request) => new()
    {
        Policy = Oids.PolicyBestPracticeTimestamp,
        Imprint = request.Imprint,
        SerialNumber = Convert.FromHexString("0102030405060708"),
        GenTime = Authority.Now,
        Accuracy = new TimestampAccuracy(1),
        Nonce = request.Nonce,
        Extensions = [TstInfo.Qualified],
    };
}
