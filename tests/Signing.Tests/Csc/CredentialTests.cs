using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pechat.Pki;

namespace Pechat.Signing.Tests.Csc;

/// <summary>info, credentials/list and credentials/info.</summary>
[TestFixture]
internal sealed class CredentialTests
{
    private SigningHouse _house = null!;
    private Guid _first, _expired, _suspended, _bobs;

    [OneTimeSetUp]
    public async Task Start()
    {
        _house = await SigningHouse.StartAsync();
        _first = await _house.CredentialAsync();
        _expired = await _house.CredentialAsync(endsIn: TimeSpan.FromSeconds(-60));
        _suspended = await _house.CredentialAsync(key: RSA.Create(2048), state: "suspended");
        _bobs = await _house.CredentialAsync(_house.Bob);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _house.Cluster.Logs.Verify();
        await _house.DisposeAsync();
    }

    private static string[] Ids(Answer answer) => [.. answer.Body.GetProperty("credentialIDs").EnumerateArray().Select(each => each.GetString()!)];

    [Test, Property("Clause", "CSC API v2 info")]
    public async Task Info_needs_no_token_and_describes_what_is_there()
    {
        Answer posted = await _house.SendAsync(HttpMethod.Post, "/csc/v2/info", "{}", null);
        Assert.That(posted.Status, Is.EqualTo(HttpStatusCode.OK), posted.Text);
        JsonElement info = posted.Body;
        Assert.That(info.GetProperty("specs").GetString(), Is.EqualTo("2.2.0.0"));
        Assert.That(info.GetProperty("oauth2").GetString(), Is.EqualTo("https://pechat.test"));
        Assert.That(info.GetProperty("signAlgorithms").GetProperty("algos").GetArrayLength(), Is.EqualTo(info.GetProperty("signAlgorithms").GetProperty("algoParams").GetArrayLength()));
        Assert.That(info.GetProperty("signature_formats").GetProperty("formats").GetArrayLength(), Is.EqualTo(info.GetProperty("signature_formats").GetProperty("envelope_properties").GetArrayLength()));
        Assert.That(info.GetProperty("supportedHashTypes").EnumerateArray().Select(each => each.GetString()), Is.EquivalentTo(new[] { "SDR", "DTBSR" }));
        foreach (string? body in new[] { null, "", "{\"lang\":\"xx-XX\"}", "{\"foo\":1,\"clientData\":null}" })
            Assert.That((await _house.SendAsync(HttpMethod.Post, "/csc/v2/info", body, null)).Text, Is.EqualTo(posted.Text));
        Assert.That((await _house.SendAsync(HttpMethod.Get, "/csc/v2/info", null, null)).Text, Is.EqualTo(posted.Text));
        Assert.That((await _house.SendAsync(HttpMethod.Post, "/csc/v2/info", "{}", "nonsense")).Text, Is.EqualTo(posted.Text));
    }

    [Test, Property("Clause", "CSC API v2 info")]
    public async Task Every_announced_method_is_there()
    {
        JsonElement info = (await _house.SendAsync(HttpMethod.Get, "/csc/v2/info", null, null)).Body;
        foreach (JsonElement method in info.GetProperty("methods").EnumerateArray().Where(each => each.GetString() != "auth/login")) // 401 for a bearer
        {
            string? token = method.GetString() == "credentials/delete" ? _house.Cluster.Tokens.Issue(_house.Alice, "credential-deletion", "app") : null;
            Answer answer = await _house.CscAsync(method.GetString()!, new { }, token);
            Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.BadRequest).Or.EqualTo(HttpStatusCode.OK), $"{method}: {answer.Text}");
        }
    }

    [TestCase("{")]
    [TestCase("[]")]
    [TestCase("{\"lang\":5}")]
    [TestCase("{\"lang\":\"en\",\"lang\":\"bg\"}")]
    [Property("Clause", "CSC API reference 4.7")]
    public async Task Malformed_body_is_an_invalid_request(string body)
    {
        Answer answer = await _house.SendAsync(HttpMethod.Post, "/csc/v2/info", body, null);
        Assert.That((answer.Status, answer.Error), Is.EqualTo((HttpStatusCode.BadRequest, "invalid_request")), answer.Text);
        Assert.That(answer.Description, Is.Not.Empty);
    }

    [Test, Property("Clause", "CSC API reference D-20, D-22, D-25, D-26")]
    public async Task Wrong_verb_media_type_size_and_method_have_their_status_and_a_body()
    {
        string token = _house.ServiceToken();
        async Task Answers(HttpStatusCode status, HttpMethod method, string path, string? body, string mediaType = "application/json")
        {
            Answer answer = await _house.SendAsync(method, "/csc/v2/" + path, body, token, mediaType);
            Assert.That(answer.Status, Is.EqualTo(status), answer.Text);
            Assert.That((answer.Error, answer.Description), Is.Not.EqualTo(((string?)null, (string?)null)), answer.Text);
            Assert.That(answer.Description, Is.Not.Empty);
        }

        await Answers(HttpStatusCode.MethodNotAllowed, HttpMethod.Get, "credentials/list", null);
        await Answers(HttpStatusCode.NotFound, HttpMethod.Post, "credentials/unknown", "{}");
        await Answers(HttpStatusCode.NotImplemented, HttpMethod.Post, "credentials/create", "{}");
        await Answers(HttpStatusCode.UnsupportedMediaType, HttpMethod.Post, "credentials/list", "{}", "text/plain");
        await Answers(HttpStatusCode.RequestEntityTooLarge, HttpMethod.Post, "credentials/list", "{\"clientData\":\"" + new string('x', 1024 * 1024) + "\"}");
        await Answers(HttpStatusCode.RequestEntityTooLarge, HttpMethod.Post, "credentials/authorize",
            new JsonObject { ["credentialID"] = "x", ["numSignatures"] = 1001, ["hashes"] = new JsonArray([.. Enumerable.Repeat("AAAA", 1001).Select(t => (JsonNode)t)]) }.ToJsonString());
    }

    [Test, Property("Clause", "CSC API v2 credentials/list")]
    public async Task List_holds_exactly_the_callers_credentials()
    {
        Answer answer = await _house.CscAsync("credentials/list", new { });
        Assert.That(Ids(answer), Is.EquivalentTo(new[] { _first.ToString(), _expired.ToString(), _suspended.ToString() }));
        Assert.That(answer.Body.TryGetProperty("credentialInfos", out _), Is.False);
        Assert.That(Ids(await _house.CscAsync("credentials/list", new { }, _house.ServiceToken(_house.Bob))), Is.EqualTo(new[] { _bobs.ToString() }));
    }

    [Test, Property("Clause", "CSC API v2 credentials/list")]
    public async Task List_with_information_is_aligned_and_only_valid_leaves_out_what_cannot_sign()
    {
        Answer all = await _house.CscAsync("credentials/list", new { credentialInfo = true, certificates = "chain", certInfo = true, authInfo = true });
        string[] inside = [.. all.Body.GetProperty("credentialInfos").EnumerateArray().Select(each => each.GetProperty("credentialID").GetString()!)];
        Assert.That(inside, Is.EqualTo(Ids(all)));
        Answer valid = await _house.CscAsync("credentials/list", new { onlyValid = true });
        Assert.That(Ids(valid), Is.EqualTo(new[] { _first.ToString() }));
        Assert.That(valid.Body.GetProperty("onlyValid").GetBoolean());
        (await _house.CscAsync("credentials/list", new { credentialInfo = true, certificates = "all" })).IsInvalid("Invalid parameter certificates");
    }

    [Test, Property("Clause", "CSC API v2 credentials/list")]
    public async Task User_id_must_be_absent_for_a_users_token_and_known_for_a_clients()
    {
        (await _house.CscAsync("credentials/list", new { userID = _house.Bob })).IsInvalid("userID parameter SHALL be null");
        (await _house.CscAsync("credentials/list", new { userID = _house.Alice })).IsInvalid("userID parameter SHALL be null");
        Assert.That((await _house.CscAsync("credentials/list", new { userID = "" })).Status, Is.EqualTo(HttpStatusCode.OK));
        string client = _house.Cluster.Tokens.Issue("bank", "service", "bank");
        Assert.That(Ids(await _house.CscAsync("credentials/list", new { userID = _house.Bob }, client)), Is.EqualTo(new[] { _bobs.ToString() }));
        (await _house.CscAsync("credentials/list", new { }, client)).IsInvalid("Invalid parameter userID");
        (await _house.CscAsync("credentials/list", new { userID = "alice" }, client)).IsInvalid("Invalid parameter userID");
        (await _house.CscAsync("credentials/list", new { userID = Guid.NewGuid() }, client)).IsInvalid("Invalid parameter userID");
    }

    [Test, Property("Clause", "CSC API v2 credentials/list")]
    public async Task Pages_hold_every_credential_once()
    {
        var seen = new List<string>();
        object body = new { maxResults = 1 };
        for (int page = 0; page < 10; page++)
        {
            Answer answer = await _house.CscAsync("credentials/list", body);
            seen.AddRange(Ids(answer));
            if (!answer.Body.TryGetProperty("nextPageToken", out JsonElement next))
                break;
            body = new { maxResults = 1, pageToken = next.GetString() };
        }
        Assert.That(seen, Is.EquivalentTo(new[] { _first.ToString(), _expired.ToString(), _suspended.ToString() }));
        foreach (object odd in new object[] { 0, -1, 1_000_000, "x" })
            Assert.That(Ids(await _house.CscAsync("credentials/list", new { maxResults = odd })), Has.Length.EqualTo(3));
        (await _house.CscAsync("credentials/list", new { pageToken = "garbage" })).IsInvalid("Invalid parameter pageToken");
    }

    [Test, Property("Clause", "CSC API v2 credentials/info")]
    public async Task Information_shows_what_was_asked_for_and_no_more()
    {
        Answer plain = await _house.CscAsync("credentials/info", new { credentialID = _first });
        Assert.That(plain.Text, Does.Not.Contain("null"));
        JsonElement info = plain.Body;
        Assert.That(info.GetProperty("cert").GetProperty("certificates").GetArrayLength(), Is.EqualTo(1));
        Assert.That(info.GetProperty("cert").EnumerateObject().Select(each => each.Name), Is.EquivalentTo(new[] { "status", "certificates" }));
        Assert.That(info.GetProperty("key").GetProperty("algo")[0].GetString(), Is.EqualTo("1.2.840.10045.4.3.2"));
        Assert.That(info.GetProperty("key").GetProperty("curve").GetString(), Is.EqualTo(Oids.CurveP256));
        Assert.That((info.GetProperty("SCAL").GetString(), info.GetProperty("multisign").GetInt32(), info.GetProperty("key").GetProperty("status").GetString()), Is.EqualTo(("2", 1000, "enabled")));
        Assert.That(info.GetProperty("auth").GetProperty("objects").GetArrayLength(), Is.Zero);

        JsonElement full = (await _house.CscAsync("credentials/info", new { credentialID = _first, certificates = "chain", certInfo = true, authInfo = true })).Body;
        Certificate certificate = _house.Module.Keys[_first].Certificate;
        Assert.That(full.GetProperty("cert").GetProperty("certificates").EnumerateArray().Select(each => each.GetBytesFromBase64()),
            Is.EqualTo(new[] { certificate.Encoded.ToArray(), _house.Module.Keys[_first].Root.Encoded.ToArray() }));
        Assert.That(full.GetProperty("cert").GetProperty("serialNumber").GetString(), Is.EqualTo(certificate.Serial));
        Assert.That(full.GetProperty("cert").GetProperty("subjectDN").GetString(), Is.EqualTo("CN=Ivan Testov,O=Test,C=BG"));
        Assert.That(full.GetProperty("cert").GetProperty("validTo").GetString(), Does.Match(@"^\d{14}Z$"));
        JsonElement factor = full.GetProperty("auth").GetProperty("objects")[0];
        Assert.That((factor.GetProperty("type").GetString(), full.GetProperty("auth").GetProperty("mode").GetString()), Is.EqualTo(("ChallengeResponseOOB", "explicit")));
        Assert.That(full.GetProperty("auth").GetProperty("expression").GetString(), Is.EqualTo(factor.GetProperty("id").GetString()));

        JsonElement none = (await _house.CscAsync("credentials/info", new { credentialID = _suspended, certificates = "none" })).Body;
        Assert.That(none.GetProperty("cert").TryGetProperty("certificates", out _), Is.False);
        Assert.That(none.GetProperty("key").TryGetProperty("curve", out _), Is.False);
        Assert.That((none.GetProperty("key").GetProperty("status").GetString(), none.GetProperty("cert").GetProperty("status").GetString()), Is.EqualTo(("disabled", "suspended")));
        JsonElement expired = (await _house.CscAsync("credentials/info", new { credentialID = _expired })).Body;
        Assert.That((expired.GetProperty("key").GetProperty("status").GetString(), expired.GetProperty("cert").GetProperty("status").GetString()), Is.EqualTo(("disabled", "expired")));
    }

    [Test, Property("Clause", "CSC API v2 credentials/info")]
    public async Task Information_refuses_unknown_and_foreign_credentials_alike()
    {
        (await _house.CscAsync("credentials/info", new { })).IsInvalid("Missing (or invalid type) string parameter credentialID");
        (await _house.CscAsync("credentials/info", new { credentialID = 5 })).IsInvalid("Missing (or invalid type) string parameter credentialID");
        (await _house.CscAsync("credentials/info", new { credentialID = _bobs })).IsInvalid("Invalid parameter credentialID");
        (await _house.CscAsync("credentials/info", new { credentialID = Guid.NewGuid() })).IsInvalid("Invalid parameter credentialID");
        (await _house.CscAsync("credentials/info", new { credentialID = "a/b c+%41" })).IsInvalid("Invalid parameter credentialID");
        (await _house.CscAsync("credentials/info", new { credentialID = _first, certificates = "both" })).IsInvalid("Invalid parameter certificates");
    }
}
