using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Pechat.Conformance.Tests;

/// <summary>Checklist 11.13, scope credential: what a code flow authorises, and what its token opens.</summary>
internal sealed class CredentialScopeTests : Suite
{
    private Browser _browser = null!;

    [SetUp]
    public void Open() => _browser = new Browser(Server, Server["OAuthBase"]);

    private static readonly string[] Two = [H("oauth 1"), H("oauth 2")];

    private static JsonArray Details(string type, string credential, string[] hashes, bool url = false) => new(new JsonObject
    {
        ["type"] = type,
        ["credentialID"] = credential,
        ["numSignatures"] = hashes.Length,
        ["documentDigests"] = new JsonArray([.. hashes.Select((hash, i) => (JsonNode)new JsonObject
        {
            ["hash"] = url ? hash.TrimEnd('=').Replace('+', '-').Replace('/', '_') : hash, ["label"] = $"Contract {i}",
        })]),
        ["hashAlgorithmOID"] = Sha256,
    });

    private Dictionary<string, string> Rich(JsonArray details, string? scope = null) => _browser.Parameters(("scope", scope), ("authorization_details", details.ToJsonString()));

    private static Task<Answer> SignAsync(string token, string? sad, params string[] hashes) => V2("signatures/signHash", Target.SignBody(Server["Ec"], sad, Target.EcdsaSha256, hashes), token);

    [Test, Statement(157)]
    public async Task Scope_credential_needs_what_it_authorises()
    {
        async Task Refused(params (string Name, string? Value)[] changes) =>
            Assert.That((await _browser.AuthorizeAsync(_browser.CredentialParameters(Server["Ec"], Two, changes)))["error"], Is.EqualTo("invalid_request"));
        await Refused(("credentialID", null));
        await Refused(("numSignatures", "100000"));
        await Refused(("hashes", null), ("hashAlgorithmOID", null));
    }

    [Test, Statement(158)]
    public async Task Credential_of_another_user_is_denied() =>
        Assert.That((await _browser.AuthorizeAsync(_browser.CredentialParameters(Server["Bobs"], Two)))["error"], Is.EqualTo("access_denied"));

    [Test, Statement(159), Statement(161)]
    public async Task Base_of_v1_gives_a_sad()
    {
        var v1 = new Browser(Server, (string)(await V1("info", new { }, null)).IsOk()["oauth2"]!);
        Dictionary<string, string> parameters = v1.CredentialParameters(Server["Ec"], Two, ("hash", string.Join(',', Two)), ("hashes", null), ("hashAlgorithmOID", null),
            ("code_challenge", null), ("code_challenge_method", null));
        Answer token = await v1.TokenAsync(parameters, ("code_verifier", null));
        Assert.That(((string?)token.IsOk()["token_type"], token.Body!["refresh_token"]), Is.EqualTo(("SAD", (JsonNode?)null)));
        string sad = (string)token["access_token"]!;
        (await SignAsync(Alice, sad, H("another"))).IsRefused("Hash is not authorized by the SAD.");
        (await SignAsync(Alice, sad, Two)).IsOk();
    }

    [Test, Statement(160), Statement(123), Statement(124), Statement(69), Statement(161)]
    public async Task Base_of_v2_gives_a_bearer_for_this_credential()
    {
        Answer answer = (await _browser.TokenAsync(_browser.CredentialParameters(Server["Ec"], [.. Two, H("oauth 3")]))).IsOk();
        Assert.That((string?)answer["token_type"], Is.EqualTo("Bearer").IgnoreCase);
        Assert.That(answer.Body!["refresh_token"], Is.Null);
        string token = (string)answer["access_token"]!;
        (await V2("credentials/info", new { credentialID = Server["Ec"] }, token)).IsOk();
        (await V2("credentials/info", new { credentialID = Server["Rsa"] }, token)).IsRefused();
        (await SignAsync(token, null, H("another"))).IsRefused();
        (await SignAsync(token, await Server.SadAsync(Server["Ec"], [H("x")]), Two[0])).IsRefused();
        (await SignAsync(token, null, Two[0])).IsOk();
        (await SignAsync(Alice, token, Two[1])).IsOk();
        (await SignAsync(Alice, null, Two[1])).IsRefused("Missing (or invalid type) string parameter SAD");
        Assert.That((await SignAsync(token, null, Two[0])).Status, Is.AnyOf(400, 401));
    }

    [Test, Statement(162)]
    public async Task Pushed_request_gives_one_code()
    {
        Answer pushed = (await _browser.PushAsync(_browser.CredentialParameters(Server["Ec"], Two))).IsOk(201);
        Assert.That((int)pushed["expires_in"]!, Is.Positive);
        Assert.That(pushed.Headers.CacheControl?.NoStore, Is.True);
        var parameters = new Dictionary<string, string> { ["client_id"] = Server["ClientId"], ["request_uri"] = (string)pushed["request_uri"]!, ["state"] = _browser.State };
        Assert.That((await _browser.OpenAsync(parameters, null)).Status, Is.EqualTo(200));
        Assert.That((await _browser.OpenAsync(parameters, null)).Status, Is.EqualTo(200), "the page can be loaded again");
        Dictionary<string, string> back = await _browser.AuthorizeAsync(parameters);
        (await _browser.ExchangeAsync(back["code"])).IsOk();
        (int status, Uri? location, _, _) = await _browser.OpenAsync(parameters, Server["AliceName"]);
        Assert.That(status == 400 || location?.Query.Contains("error=", StringComparison.Ordinal) == true, $"{status} {location}");
        parameters["client_id"] = "demo-partner";
        Assert.That((await _browser.OpenAsync(parameters, null)).Status, Is.EqualTo(400));
    }

    [Test, Statement(163)]
    public async Task Pushed_request_needs_the_client_and_no_other_request()
    {
        Assert.That((await _browser.PushAsync(_browser.Parameters(), ("client_secret", "wrong"))).Status, Is.EqualTo(401));
        Assert.That((await _browser.PushAsync(_browser.Parameters(), ("request_uri", "urn:x"))).Status, Is.EqualTo(400));
    }

    [TestCase("credential"), TestCase("https://cloudsignatureconsortium.org/2025/credential"), Statement(164)]
    public async Task Details_are_understood_under_both_names_and_echoed(string type)
    {
        Answer answer = (await _browser.TokenAsync(Rich(Details(type, Server["Ec"], Two)))).IsOk();
        JsonNode echoed = answer["authorization_details"].AsArray().Single()!;
        Assert.That(((string?)echoed["type"], (string?)echoed["credentialID"], (string?)echoed["hashAlgorithmOID"], (int)echoed["numSignatures"]!),
            Is.EqualTo((type, Server["Ec"], Sha256, 2)));
        Assert.That(echoed["documentDigests"]!.AsArray().Select(each => (string?)each!["hash"]), Is.EqualTo(Two));
        (await SignAsync((string)answer["access_token"]!, null, Two)).IsOk();
    }

    [Test, Statement(165)]
    public async Task Digests_are_compared_by_their_bytes()
    {
        Dictionary<string, string> parameters = Rich(Details("credential", Server["Ec"], Two, url: true));
        (await _browser.TokenAsync(parameters, ("authorization_details", Details("credential", Server["Ec"], Two).ToJsonString()))).IsOk();
        Answer differs = await _browser.TokenAsync(parameters, ("authorization_details", Details("credential", Server["Ec"], [H("x"), H("y")]).ToJsonString()));
        Assert.That((differs.Status, differs.Error), Is.EqualTo((400, "invalid_authorization_details")).Or.EqualTo((400, "invalid_grant")));
    }

    [Test, Statement(166)]
    public async Task Details_may_come_with_the_scope_but_only_once()
    {
        (await _browser.TokenAsync(Rich(Details("credential", Server["Ec"], Two), "credential"))).IsOk();
        JsonArray twice = new(Details("credential", Server["Ec"], Two)[0]!.DeepClone(), Details("credential", Server["Ec"], Two)[0]!.DeepClone());
        Assert.That((await _browser.AuthorizeAsync(Rich(twice)))["error"], Is.EqualTo("invalid_authorization_details"));
        Assert.That((await _browser.AuthorizeAsync(Rich(Details("unknown", Server["Ec"], Two))))["error"], Is.EqualTo("invalid_authorization_details"));
    }

    [Test, Statement(167)]
    public async Task Server_chooses_the_credential_by_its_quality()
    {
        JsonArray details = Details("credential", "", Two);
        details[0]!.AsObject().Remove("credentialID");
        details[0]!["signatureQualifier"] = (string?)(await V2("credentials/info", new { credentialID = Server["Ec"] })).IsOk()["signatureQualifier"];
        Answer answer = (await _browser.TokenAsync(Rich(details))).IsOk();
        string chosen = (string)answer["authorization_details"][0]!["credentialID"]!;
        (await V2("credentials/info", new { credentialID = chosen }, (string)answer["access_token"]!)).IsOk();
    }

    [Test, Statement(171)]
    public async Task Account_token_names_who_must_log_in_and_serves_once()
    {
        await Server.Controls.LinkAccountAsync("acct-4711");
        string good = AccountToken();
        Assert.That(await _browser.AuthorizeAsync(_browser.Parameters(("account_token", good))), Does.ContainKey("code"));
        foreach (string bad in new[]
        {
            good, AccountToken(azp: "another-client"), AccountToken(age: 3600), AccountToken(algorithm: "none"), AccountToken(sub: "acct-unknown"), AccountToken()[..^2] + "AA",
        })
        {
            Answer answer = await _browser.PushAsync(_browser.Parameters(("account_token", bad)));
            Assert.That((answer.Status, answer.Error), Is.EqualTo((400, "access_denied")).Or.EqualTo((400, "invalid_request")), answer.Text);
        }
    }

    /// <summary>CSC API §6.8: HS256 under the SHA-256 of the client's secret.</summary>
    private static string AccountToken(string sub = "acct-4711", string? azp = null, int age = 0, string algorithm = "HS256")
    {
        var payload = new JsonObject
        {
            ["sub"] = sub, ["iat"] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - age, ["jti"] = Guid.NewGuid().ToString(), ["iss"] = "Conformance", ["azp"] = azp ?? Server["ClientId"],
        };
        string signed = $"{Part(new JsonObject { ["typ"] = "JWT", ["alg"] = algorithm })}.{Part(payload)}";
        byte[] key = SHA256.HashData(Encoding.UTF8.GetBytes(Server["ClientSecret"]));
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(signed)))}";

        static string Part(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));
    }

    [Test, Statement(172)]
    public async Task Consent_page_shows_what_is_signed_and_cannot_be_framed()
    {
        JsonArray details = Details("credential", Server["Ec"], Two);
        details[0]!["documentDigests"]![0]!["label"] = "Lease <b>17</b>";
        await Server.SignerWillAsync("confirm");
        Dictionary<string, string> parameters = Rich(details);
        parameters["description"] = "For \"Alice\" <i>only</i>";
        await _browser.AuthorizeAsync(parameters);
        Assert.That(_browser.LastPage, Does.Contain("Lease &lt;b&gt;17&lt;/b&gt;").And.Not.Contain("<i>only"));
        Assert.That(_browser.LastPage, Does.Contain("Contract 1"));
        Assert.That(_browser.LastPolicy, Does.Contain("frame-ancestors 'none'").IgnoreCase);
    }
}
