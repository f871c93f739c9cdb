using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dapper;
using Npgsql;
using Pechat.Pkcs11;
using Pechat.Pki;
using Pechat.Testing;
using Pechat.Timestamping.Stamping;
using Pechat.Timestamping.Unit;

namespace Pechat.Timestamping.Tests.Stamping;

/// <summary>The authority over HTTP, with a real token and database; OpenSSL judges what it signs.</summary>
internal sealed class StampTests
{
    private const string EmptySha256 = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855";
    private TestCluster _cluster = null!;
    private TestDatabase _db = null!;
    private TestService _service = null!;
    private HttpClient _client = null!;
    private X509Certificate2 _root = null!;
    private string _directory = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        TestHsm hsm = TestHsm.Create();
        _cluster = await TestCluster.CreateAsync();
        _directory = _cluster.Pki.Directory;
        _db = await TestDatabase.CreateAsync("timestamping", typeof(Stamp).Assembly);
        string pinFile = Path.Combine(_directory, "pin");
        await File.WriteAllTextAsync(pinFile, hsm.Pin + "\n");
        var options = new TimestampingOptions
        {
            CertificateFile = Path.Combine(_directory, "tsu.pem"),
            ChainFile = Path.Combine(_directory, "chain.pem"),
            RequestFile = Path.Combine(_directory, "tsu.csr"),
        };
        using (TokenPool pool = hsm.OpenPool())
            await InitialiseUnit.RunAsync(pool, options, CancellationToken.None);
        Certify(options);
        _service = await _cluster.StartAsync(typeof(Stamp).Assembly, "timestamping", new Dictionary<string, object>
        {
            ["Database"] = _db.Section,
            ["Hsm"] = new { Library = TestHsm.LibraryPath, hsm.TokenLabel, PinFile = pinFile },
            ["Timestamping"] = new { options.CertificateFile, options.ChainFile, Qualified = true },
        });
        _client = _cluster.Client(_service);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _client.Dispose();
        await _cluster.DisposeAsync();
        await _db.DisposeAsync();
        _root.Dispose();
    }

    [Test, Property("Clause", "RFC 3161 §2.4"), Requirement("S1-45")]
    public async Task OpenSSL_accepts_a_token_for_its_own_request()
    {
        using var openssl = new OpenSsl();
        openssl.Write("data", "to be stamped"u8);
        openssl.Succeed("ts", "-query", "-data", "data", "-sha512", "-cert", "-out", "request.tsq");
        byte[] response = await Ask(openssl.Read("request.tsq"));
        openssl.Write("response.tsr", response);
        openssl.WritePem("root.pem", "CERTIFICATE", _root.RawData);
        string verdict = openssl.Succeed("ts", "-verify", "-queryfile", "request.tsq", "-in", "response.tsr", "-CAfile", "root.pem");
        Assert.That(verdict, Does.Contain("Verification: OK"));
    }

    [Test, Property("Clause", "EN 319 422 §5.2")]
    public async Task Token_says_what_was_asked_and_is_recorded_before_it_is_answered()
    {
        byte[] request = Convert.FromHexString("304B0201013031300D060960864801650304020105000420" + EmptySha256 + "060604008F67010102080123456789ABCDEF0101FF");
        TimestampToken token = TimestampToken.Parse(TimestampResponse.Parse(await Ask(request)).Token!.Value);
        Assert.Multiple(() =>
        {
            Assert.That(token.Info.Policy, Is.EqualTo("0.4.0.2023.1.1"));
            Assert.That(Convert.ToHexString(token.Info.Imprint.Digest.Span), Is.EqualTo(EmptySha256));
            Assert.That(Convert.ToHexString(token.Info.Nonce!.Value.Span), Is.EqualTo("0123456789ABCDEF"));
            Assert.That(token.Info.Accuracy, Is.EqualTo(new TimestampAccuracy(1)));
            Assert.That(token.Info.GenTime, Is.EqualTo(_cluster.Clock.GetUtcNow()).Within(TimeSpan.FromSeconds(5)));
            Assert.That(token.Info.Extensions.Select(e => (e.Oid, e.Critical, Convert.ToHexString(e.Value.Span))), Is.EqualTo(new[] { (TstInfo.Qualified.Oid, false, "300B30090607040081975E0101") }));
            Assert.That(token.Verify(Pechat.Pki.Certificate.Parse(token.SignedData.Certificates[0])), Is.True);
        });
        await using NpgsqlConnection connection = await _db.Owner.OpenConnectionAsync();
        Assert.That(await connection.ExecuteScalarAsync<long>(
            "select count(*) from issued_token where serial = @serial and message_hash = @hash",
            new { serial = token.Info.SerialNumber.ToArray(), hash = token.Info.Imprint.Digest.ToArray() }), Is.EqualTo(1));
    }

    [Test, Property("Clause", "RFC 3161 §2.4.2")]
    public async Task Certificates_are_absent_unless_asked_for()
    {
        byte[] request = new TimestampRequest { Imprint = MessageImprint.Of(DigestAlgorithm.Sha256, new byte[32]) }.Encode();
        TimestampToken token = TimestampToken.Parse(TimestampResponse.Parse(await Ask(request)).Token!.Value);
        Assert.That(token.SignedData.Certificates, Is.Empty);
    }

    // Rejections as OpenSSL encodes them.
    [TestCase("00", "3009300702010203020204", TestName = "Garbage_is_badDataFormat")]
    [TestCase("302B0201013026300906052B0E03021A0500041500000000000000000000000000000000000000000000", "3009300702010203020204", TestName = "Malformed_DER_is_badDataFormat")]
    [TestCase("30430201013031300D060960864801650304020105000420" + EmptySha256 + "02080123456789ABCDEF0101FF00", "3009300702010203020204", TestName = "Trailing_garbage_is_badDataFormat")]
    public async Task Malformed_request_is_refused(string request, string response) =>
        Assert.That(Convert.ToHexString(await Ask(Convert.FromHexString(request))), Is.EqualTo(response));

    private static IEnumerable<TestCaseData> Refused()
    {
        static TestCaseData Case(string name, string response, TimestampRequest request) => new TestCaseData(request.Encode(), response).SetName(name);
        MessageImprint good = MessageImprint.Of(DigestAlgorithm.Sha256, new byte[32]);
        yield return Case("Sha1_is_badAlg", "3009300702010203020780", new() { Imprint = MessageImprint.Of(DigestAlgorithm.Sha1, new byte[20]) });
        yield return Case("Short_digest_is_badDataFormat", "3009300702010203020204", new() { Imprint = MessageImprint.Of(DigestAlgorithm.Sha256, new byte[31]) });
        yield return Case("Foreign_policy_is_unacceptedPolicy", "300A30080201020303000001", new() { Imprint = good, Policy = "1.2.3.4" });
        yield return Case("Any_extension_is_unacceptedExtension", "300B3009020102030407000080", new() { Imprint = good, Extensions = [TstInfo.Qualified] });
    }

    [TestCaseSource(nameof(Refused)), Property("Clause", "EN 319 422 §5.1")]
    public async Task Unacceptable_request_is_refused(byte[] request, string response) =>
        Assert.That(Convert.ToHexString(await Ask(request)), Is.EqualTo(response));

    [Test, Property("Clause", "RFC 3161 §3.4")]
    public async Task Wrong_media_type_and_oversize_are_http_errors()
    {
        using var wrongType = new ByteArrayContent([0x30, 0x00]);
        using HttpResponseMessage unsupported = await _client.PostAsync(new Uri("/tsa", UriKind.Relative), wrongType);
        Assert.That(unsupported.StatusCode, Is.EqualTo(HttpStatusCode.UnsupportedMediaType));
        using HttpResponseMessage tooLarge = await Post(new byte[Stamp.MaxRequestBytes + 1]);
        Assert.That(tooLarge.StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
    }

    [Test]
    public async Task Without_the_database_nothing_is_handed_out_and_it_recovers()
    {
        byte[] request = new TimestampRequest { Imprint = MessageImprint.Of(DigestAlgorithm.Sha256, new byte[32]) }.Encode();
        await _db.SetReachableAsync(false);
        try
        {
            Assert.That(TimestampResponse.Parse(await Ask(request)).Failure, Is.EqualTo(TimestampFailure.SystemFailure));
        }
        finally
        {
            await _db.SetReachableAsync(true);
        }
        await Eventually.HoldsAsync(async () => TimestampResponse.Parse(await Ask(request)).IsGranted, "stamps again");
    }

    [Test]
    public async Task Restarted_token_is_healed()
    {
        byte[] request = new TimestampRequest { Imprint = MessageImprint.Of(DigestAlgorithm.Sha256, new byte[32]) }.Encode();
        TestHsm.Restart();
        await Eventually.HoldsAsync(async () => TimestampResponse.Parse(await Ask(request)).IsGranted, "stamps again");
    }

    private async Task<byte[]> Ask(byte[] request)
    {
        using HttpResponseMessage answer = await Post(request);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(answer.Content.Headers.ContentType!.MediaType, Is.EqualTo(StampOverHttp.Reply));
        return await answer.Content.ReadAsByteArrayAsync();
    }

    private async Task<HttpResponseMessage> Post(byte[] request)
    {
        using var content = new ByteArrayContent(request);
        content.Headers.ContentType = new MediaTypeHeaderValue(StampOverHttp.Query);
        return await _client.PostAsync(new Uri("/tsa", UriKind.Relative), content);
    }

    // The CA's part, by the base class library.
    private void Certify(TimestampingOptions options)
    {
        DateTimeOffset now = _cluster.Clock.GetUtcNow();
        using ECDsa rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var rootRequest = new CertificateRequest("CN=Test TSA root", rootKey, HashAlgorithmName.SHA256);
        rootRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        rootRequest.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(rootRequest.PublicKey, false));
        _root = rootRequest.CreateSelfSigned(now.AddDays(-1), now.AddYears(10));
        var request = System.Security.Cryptography.X509Certificates.CertificateRequest.LoadSigningRequestPem(File.ReadAllText(options.RequestFile!), HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(Oids.KpTimeStamping)], true));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_root, true, false));
        using X509Certificate2 certificate = request.Create(_root, now.AddDays(-1), now.AddYears(5), [1, 2, 3, 4, 5, 6, 7, 8]);
        File.WriteAllText(options.CertificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(options.ChainFile!, _root.ExportCertificatePem());
    }
}
