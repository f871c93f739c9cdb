using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dapper;
using Npgsql;
using Pechat.Pki;
using Pechat.Testing;

namespace Pechat.Validation.Tests;

/// <summary>POST /validation/v1/validate over mutual TLS, with a real database and a server for OCSP and CRLs.</summary>
[TestFixture]
internal sealed class ValidateDocumentTests
{
    private World _world = null!;
    private TestDatabase _database = null!;
    private TestCluster _cluster = null!;
    private HttpClient _client = null!;
    private byte[] _plain = [];

    [OneTimeSetUp]
    public async Task Start()
    {
        _world = await World.CreateAsync();
        _database = await TestDatabase.CreateAsync("validation", typeof(Program).Assembly);
        _cluster = await TestCluster.CreateAsync();
        string anchor = Path.Combine(_cluster.Pki.Directory, "root.pem");
        await File.WriteAllTextAsync(anchor, PemEncoding.WriteString("CERTIFICATE", _world.Root.Encoded.Span));
        TestService service = await _cluster.StartAsync(typeof(Program).Assembly, "validation", new Dictionary<string, object>
        {
            ["Database"] = _database.Section,
            ["Validation"] = new { TrustAnchors = new[] { anchor }, RevocationHosts = new[] { _world.RevocationHost }, MaxDocumentBytes = 200_000 },
        });
        _client = _cluster.Client(service);
        _plain = await File.ReadAllBytesAsync(Sample("classic.pdf"));
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _client.Dispose();
        await _cluster.DisposeAsync();
        await _database.DisposeAsync();
        await _world.DisposeAsync();
        _cluster.Logs.Verify();
    }

    [Test, Requirement("S0-65")]
    public async Task Sound_signature_is_totally_passed_and_recorded()
    {
        byte[] signed = await _world.SignAsync(_plain, await _world.SignerAsync());
        JsonElement report = await ValidateAsync(signed);
        JsonElement signature = Only(report);
        Assert.Multiple(() =>
        {
            Assert.That(Outcome(report), Is.EqualTo(("TOTAL-PASSED", (string?)null)), report.ToString());
            Assert.That(signature.GetProperty("level").GetString(), Is.EqualTo("PAdES-BASELINE-B"));
            Assert.That(signature.GetProperty("signer").GetString(), Is.EqualTo("Ivan Testov"));
            Assert.That(signature.GetProperty("coverage").GetString(), Is.EqualTo("wholeFile"));
            Assert.That(signature.GetProperty("certificateChain").GetArrayLength(), Is.EqualTo(2));
            Assert.That(signature.GetProperty("revocation").GetProperty("source").GetString(), Is.EqualTo("OCSP"));
            Assert.That(signature.GetProperty("checks").EnumerateArray().Count(check => check.GetProperty("status").GetString() == "failed"), Is.Zero);
        });
        await using NpgsqlConnection connection = await _database.DataSource.OpenConnectionAsync();
        (byte[] Digest, string Indication) row = await connection.QuerySingleAsync<(byte[], string)>(
            "select document_digest, indication from validation where id = @id", new { id = report.GetProperty("validationId").GetGuid() });
        Assert.That(row.Digest, Is.EqualTo(SHA256.HashData(signed)));
        Assert.That(row.Indication, Is.EqualTo("TOTAL-PASSED"));
    }

    [Test]
    public async Task Time_stamp_raises_the_level_and_gives_the_best_signature_time()
    {
        DateTimeOffset stamped = Seconds(_world.Now.AddHours(-2));
        JsonElement signature = Only(await ValidateAsync(await _world.SignAsync(_plain, await _world.SignerAsync(), stamped)));
        Assert.That(signature.GetProperty("indication").GetString(), Is.EqualTo("TOTAL-PASSED"), signature.ToString());
        Assert.That(signature.GetProperty("level").GetString(), Is.EqualTo("PAdES-BASELINE-T"));
        Assert.That(signature.GetProperty("bestSignatureTime").GetDateTimeOffset(), Is.EqualTo(stamped));
    }

    [Test, Requirement("S0-64")]
    public async Task Changed_octet_is_a_hash_failure()
    {
        byte[] signed = await _world.SignAsync(_plain, await _world.SignerAsync());
        signed[Encoding.Latin1.GetString(signed).IndexOf("100 EUR", StringComparison.Ordinal)] = (byte)'9';
        Assert.That(Outcome(await ValidateAsync(signed)), Is.EqualTo(("TOTAL-FAILED", "HASH_FAILURE")));
    }

    [Test]
    public async Task Changed_signature_value_is_a_crypto_failure()
    {
        byte[] signed = await _world.SignAsync(_plain, await _world.SignerAsync());
        // The value is the last element of the CMS: its last digit before the padding of zeros is changed.
        string text = Encoding.Latin1.GetString(signed);
        int at = text.IndexOf("/Contents <", StringComparison.Ordinal);
        at += text[at..text.IndexOf('>', at)].TrimEnd('0').Length - 3;
        signed[at] = (byte)(signed[at] == '1' ? '2' : '1');
        Assert.That(Outcome(await ValidateAsync(signed)), Is.EqualTo(("TOTAL-FAILED", "SIG_CRYPTO_FAILURE")));
    }

    [Test]
    public async Task Unknown_root_has_no_chain()
    {
        await using World stranger = await World.CreateAsync();
        byte[] signed = await stranger.SignAsync(_plain, await stranger.SignerAsync());
        Assert.That(Outcome(await ValidateAsync(signed)), Is.EqualTo(("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND")));
        Assert.That(stranger.Requests, Is.Zero, "a host that is not configured is never asked");
    }

    [Test, Description("The certificate's responder is none of the configured hosts.")]
    public async Task Host_that_is_not_configured_is_never_asked()
    {
        Certificate certificate = await _world.SignerAsync(host: "127.0.0.1:25432");
        Assert.That(Outcome(await ValidateAsync(await _world.SignAsync(_plain, certificate))), Is.EqualTo(("INDETERMINATE", "TRY_LATER")));
    }

    [Test]
    public async Task Revoked_certificate_without_proof_of_time_is_indeterminate()
    {
        Certificate certificate = await _world.SignerAsync();
        _world.Revoke(certificate, _world.Now.AddHours(-1));
        JsonElement report = await ValidateAsync(await _world.SignAsync(_plain, certificate));
        Assert.That(Outcome(report), Is.EqualTo(("INDETERMINATE", "REVOKED_NO_POE")));
        Assert.That(Only(report).GetProperty("revocation").GetProperty("reason").GetString(), Is.EqualTo("keyCompromise"));
    }

    [TestCase(-2, "TOTAL-PASSED", null)]
    [TestCase(-0.5, "INDETERMINATE", "REVOKED_NO_POE")]
    public async Task Time_stamp_decides_about_a_revoked_certificate(double stampedHours, string indication, string? reason)
    {
        Certificate certificate = await _world.SignerAsync();
        _world.Revoke(certificate, _world.Now.AddHours(-1));
        byte[] signed = await _world.SignAsync(_plain, certificate, Seconds(_world.Now.AddHours(stampedHours)));
        Assert.That(Outcome(await ValidateAsync(signed)), Is.EqualTo((indication, reason)));
    }

    [Test, Requirement("S0-66")]
    public async Task Suspended_certificate_is_try_later_and_not_revoked()
    {
        Certificate certificate = await _world.SignerAsync();
        _world.Revoke(certificate, _world.Now.AddHours(-1), RevocationReason.CertificateHold);
        Assert.That(Outcome(await ValidateAsync(await _world.SignAsync(_plain, certificate))), Is.EqualTo(("INDETERMINATE", "TRY_LATER")));
    }

    [Test]
    public async Task Revoked_authority_is_told_apart()
    {
        byte[] signed = await _world.SignAsync(_plain, await _world.SignerAsync());
        _world.Revoke(_world.Authority, _world.Now.AddHours(-3));
        try
        {
            Assert.That(Outcome(await ValidateAsync(signed)), Is.EqualTo(("INDETERMINATE", "REVOKED_CA_NO_POE")));
        }
        finally
        {
            _world.Restore(_world.Authority);
        }
    }

    [Test]
    public async Task Expired_certificate_without_proof_is_out_of_bounds()
    {
        Certificate certificate = await _world.SignerAsync(notAfter: _world.Now.AddDays(-1));
        Assert.That(Outcome(await ValidateAsync(await _world.SignAsync(_plain, certificate))), Is.EqualTo(("INDETERMINATE", "OUT_OF_BOUNDS_NO_POE")));
    }

    [Test]
    public async Task Certificate_of_the_future_is_not_yet_valid()
    {
        Certificate certificate = await _world.SignerAsync(notBefore: _world.Now.AddDays(1));
        Assert.That(Outcome(await ValidateAsync(await _world.SignAsync(_plain, certificate))), Is.EqualTo(("TOTAL-FAILED", "NOT_YET_VALID")));
    }

    [Test, Description("Shadow attack: a later revision shows another page")]
    public async Task Later_revision_that_changes_a_page_is_not_passed()
    {
        byte[] signed = await _world.SignAsync(_plain, await _world.SignerAsync());
        JsonElement report = await ValidateAsync(Appended(signed, 4, "<</Length 42>>\nstream\nBT /F1 18 Tf 30 120 Td (Pay 900 EUR) Tj ET\nendstream"));
        Assert.That(Outcome(report), Is.EqualTo(("INDETERMINATE", "SIG_CONSTRAINTS_FAILURE")), report.ToString());
        Assert.That(Only(report).GetProperty("laterChanges").GetString(), Is.EqualTo("other"));
    }

    [Test]
    public async Task Two_signatures_are_both_reported()
    {
        Certificate certificate = await _world.SignerAsync();
        JsonElement report = await ValidateAsync(await _world.SignAsync(await _world.SignAsync(_plain, certificate), certificate));
        Assert.That(report.GetProperty("signatures").GetArrayLength(), Is.EqualTo(2));
        Assert.That(Outcome(report), Is.EqualTo(("TOTAL-PASSED", (string?)null)));
        Assert.That(report.GetProperty("signatures")[0].GetProperty("laterChanges").GetString(), Is.EqualTo("signing"));
    }

    [Test]
    public async Task Document_without_signature_says_so()
    {
        JsonElement report = await ValidateAsync(_plain);
        Assert.That(report.GetProperty("indication").GetString(), Is.EqualTo("NO-SIGNATURE"));
        Assert.That(report.GetProperty("signatures").GetArrayLength(), Is.Zero);
    }

    [Test]
    public async Task Form_and_raw_body_are_equal_and_texts_follow_the_language()
    {
        byte[] signed = await _world.SignAsync(_plain, await _world.SignerAsync());
        using var form = new MultipartFormDataContent { { new ByteArrayContent(signed), "file", "договор.pdf" } };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/validation/v1/validate") { Content = form };
        request.Headers.AcceptLanguage.ParseAdd("de, bg-BG;q=0.9, en;q=0.5");
        using HttpResponseMessage response = await _client.SendAsync(request);
        JsonElement report = await JsonAsync(response);
        Assert.That(report.GetProperty("text").GetString(), Is.EqualTo("Подписът е валиден."));
        Assert.That(response.Content.Headers.ContentLanguage, Is.EqualTo(new[] { "bg" }));
    }

    [TestCase("%PDF-1.4 this is none", "application/pdf", HttpStatusCode.BadRequest, "invalid_pdf")]
    [TestCase("", "application/pdf", HttpStatusCode.BadRequest, "invalid_request")]
    [TestCase("{}", "application/json", HttpStatusCode.UnsupportedMediaType, "unsupported_media_type")]
    [TestCase("x", "multipart/form-data; boundary=b", HttpStatusCode.BadRequest, "invalid_request")]
    public async Task Broken_request_is_a_problem(string body, string type, HttpStatusCode status, string code)
    {
        using var content = new ByteArrayContent(Encoding.ASCII.GetBytes(body));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        using HttpResponseMessage response = await _client.PostAsync("/validation/v1/validate", content);
        Assert.That(response.StatusCode, Is.EqualTo(status), await response.Content.ReadAsStringAsync());
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/problem+json"));
        Assert.That((await JsonAsync(response)).GetProperty("code").GetString(), Is.EqualTo(code));
    }

    [TestCase(250_000)]
    [TestCase(600_000)]
    public async Task Oversized_document_is_refused(int length)
    {
        using HttpResponseMessage response = await PostAsync(new byte[length]);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
    }

    private static (string? Indication, string? Reason) Outcome(JsonElement report) => (
        report.GetProperty("indication").GetString(), report.TryGetProperty("subIndication", out JsonElement reason) ? reason.GetString() : null);

    private static JsonElement Only(JsonElement report) => report.GetProperty("signatures").EnumerateArray().Single();

    private static DateTimeOffset Seconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage response) => JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;

    private static byte[] Appended(byte[] file, int number, string body)
    {
        string text = Encoding.Latin1.GetString(file);
        int at = text.LastIndexOf("startxref", StringComparison.Ordinal) + 9;
        string previous = text[at..text.IndexOf("%%EOF", at, StringComparison.Ordinal)].Trim();
        string changed = $"{number} 0 obj\n{body}\nendobj\n";
        string update = $"{changed}xref\n{number} 1\n{file.Length:D10} 00000 n \ntrailer\n<</Size 30/Root 1 0 R/Info 6 0 R/Prev {previous}>>\nstartxref\n{file.Length + changed.Length}\n%%EOF\n";
        return [.. file, .. Encoding.Latin1.GetBytes(update)];
    }

    private static string Sample(string name) => Repository.PathOf("tests", "Shared.Tests", "AdES", "samples", name);

    private Task<HttpResponseMessage> PostAsync(byte[] pdf)
    {
        var content = new ByteArrayContent(pdf);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/pdf");
        return _client.PostAsync("/validation/v1/validate", content);
    }

    private async Task<JsonElement> ValidateAsync(byte[] pdf)
    {
        using HttpResponseMessage response = await PostAsync(pdf);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), await response.Content.ReadAsStringAsync());
        return await JsonAsync(response);
    }
}
