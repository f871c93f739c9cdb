using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Pechat.Contracts;
using Pechat.Contracts.Signing.V1;
using Pechat.Identity.OAuth;

namespace Pechat.Identity.Tests.OAuth;

internal sealed class CredentialFlowTests : OAuthTestBase
{
    private const string Sha256 = "2.16.840.1.101.3.4.2.1";
    private static readonly byte[] Lease = SHA256.HashData(Encoding.ASCII.GetBytes("lease")), Annex = SHA256.HashData(Encoding.ASCII.GetBytes("annex"));

    [TearDown]
    public void SigningIsBack() => Identity.Signing.Fails = null;

    private static string Base64(byte[] hash) => Convert.ToBase64String(hash);

    private static string Url64(byte[] hash) => Base64(hash).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static string Details(string type = "credential", string? credential = SigningDouble.Credential, string? qualifier = null, int? number = null, params object[] digests)
    {
        var entry = new Dictionary<string, object?>
        {
            ["type"] = type, ["credentialID"] = credential, ["signatureQualifier"] = qualifier, ["numSignatures"] = number, ["hashAlgorithmOID"] = Sha256, ["locations"] = Array.Empty<string>(),
            ["documentDigests"] = digests.Length > 0 ? digests : [new { hash = Base64(Lease), label = "Lease agreement", hashType = "DTBSR" }, new { hash = Base64(Annex), label = "Annex A", hashType = "dtbsr" }],
        };
        return JsonSerializer.Serialize(new[] { entry });
    }

    private static Dictionary<string, string> Plain(string client = "app", params (string Name, string? Value)[] changes) => Ask(client,
        [("scope", "credential"), ("credentialID", SigningDouble.Credential), ("numSignatures", "2"), ("hashAlgorithmOID", Sha256), ("hashes", Url64(Lease) + "," + Url64(Annex)), ("description", "Rent 2027"), .. changes]);

    private static Dictionary<string, string> Rich(string details, params (string Name, string? Value)[] changes) => Ask("app", [("scope", null), ("authorization_details", details), .. changes]);

    /// <summary>A login that the phone has confirmed, at the page that shows what will be signed.</summary>
    private async Task<((Guid Id, string Cookie) Login, string Page)> Consent(string url)
    {
        var login = await Start(url);
        Assert.That((await Phone.DecideAsync(login.Id, "confirm")).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        HttpResponseMessage answer = await Look(login);
        string page = await answer.Content.ReadAsStringAsync();
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), page);
        return (login, page);
    }

    private static Guid Transaction((Guid Id, string Cookie) login) => SigningConsent.TransactionOf(login.Id);

    private async Task<string> Authorized(string url, string client = "app")
    {
        var (login, _) = await Consent(url);
        Identity.Signing.States[Transaction(login)] = "active";
        return Parameters(await Look(login), client)["code"];
    }

    [Test]
    public async Task The_phone_confirms_what_the_page_shows_and_the_token_stands_for_that_transaction() // CSC 11.13, 160 and 161; 12.4
    {
        var (login, page) = await Consent(Url(Plain()));
        OpenAuthorizationRequest asked = Identity.Signing.Asked[Transaction(login)];
        Assert.That((asked.CustomerId, asked.ClientId, asked.CredentialId, asked.NumSignatures, asked.HashAlgorithm, asked.Description),
            Is.EqualTo((Phone.CustomerId.ToString(), "app", SigningDouble.Credential, 2, Sha256, "Rent 2027")));
        Assert.That(asked.Digests.Select(d => Base64(d.Hash.ToByteArray())), Is.EqualTo(new[] { Base64(Lease), Base64(Annex) }));
        Assert.That((await Json(await Look(login, "/status?step=consent"))).GetProperty("state").GetString(), Is.EqualTo("pending"));
        Assert.That(page, Does.Contain("Compare with the list on your phone"));

        Identity.Signing.States[Transaction(login)] = "active";
        Assert.That((await Json(await Look(login, "/status?step=consent"))).GetProperty("state").GetString(), Is.EqualTo("done"));
        var parameters = Parameters(await Look(login));
        JsonElement token = await Json(await Redeem(parameters["code"]));
        Assert.That(parameters["state"], Is.EqualTo("s1"));
        Assert.That(token.GetProperty("token_type").GetString(), Is.EqualTo("Bearer"));
        Assert.That(token.GetProperty("expires_in").GetInt32(), Is.GreaterThan(280).And.LessThanOrEqualTo(300));
        Assert.That(token.GetProperty("credentialID").GetString(), Is.EqualTo(SigningDouble.Credential));
        Assert.That(token.TryGetProperty("refresh_token", out _), Is.False);
        Assert.That(token.TryGetProperty("authorization_details", out _), Is.False);
        JsonElement claims = Tokens.Payload(token.GetProperty("access_token").GetString()!);
        Assert.That((claims.GetProperty("scope").GetString(), claims.GetProperty("credential_id").GetString(), claims.GetProperty("transaction").GetGuid()),
            Is.EqualTo(("credential", SigningDouble.Credential, Transaction(login))));
        Assert.That(Transaction(login), Is.Not.EqualTo(login.Id), "a phone that keeps what it has decided must not take one for the other");
        Assert.That(claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64(), Is.EqualTo(token.GetProperty("expires_in").GetInt32()));
    }

    [Test]
    public async Task The_consent_page_shows_all_that_is_signed_escaped_and_cannot_be_framed() // 172, S-14
    {
        string evil = "<script>alert(1)</script>";
        string details = Details(digests: [new { hash = Base64(Lease), label = $"Lease\"{evil}" }]);
        var (login, page) = await Consent(Url(Rich(details, ("description", $"Rent{evil}"))));
        Assert.That(page, Does.Not.Contain(evil).And.Contain("Rent&lt;script&gt;").And.Contain("Lease&quot;&lt;script&gt;"));
        Assert.That(page, Does.Contain("The &lt;app&gt;").And.Contain("CN=Ivan &lt;Petrov&gt;").And.Contain("<dd>1</dd>").And.Contain(Convert.ToHexStringLower(Lease)));
        HttpResponseMessage answer = await Look(login);
        Assert.That(answer.Headers.GetValues("Content-Security-Policy").Single(), Does.Contain("frame-ancestors 'none'").And.Contain("default-src 'none'").And.Not.Contain("unsafe"));
        Assert.That(answer.Headers.GetValues("X-Frame-Options").Single(), Is.EqualTo("DENY"));
        Assert.That(answer.Headers.CacheControl!.NoStore, Is.True);
    }

    [TestCase("credential")]
    [TestCase("https://cloudsignatureconsortium.org/2025/credential")]
    public async Task Rich_details_are_echoed_with_the_name_that_was_used(string type) // 164, 165
    {
        string code = await Authorized(Url(Rich(Details(type, digests: [new { hash = Url64(Annex), label = "Annex" }, new { hash = Url64(Lease) }]))));
        string again = Details(type, digests: [new { hash = Base64(Lease) }, new { hash = Base64(Annex) }]);
        JsonElement token = await Json(await Redeem(code, changes: ("authorization_details", again)));
        JsonElement entry = token.GetProperty("authorization_details").EnumerateArray().Single();
        Assert.That(entry.GetProperty("type").GetString(), Is.EqualTo(type));
        Assert.That(entry.GetProperty("credentialID").GetString(), Is.EqualTo(SigningDouble.Credential));
        Assert.That(entry.GetProperty("numSignatures").GetInt32(), Is.EqualTo(2));
        Assert.That(entry.GetProperty("hashAlgorithmOID").GetString(), Is.EqualTo(Sha256));
        Assert.That(entry.GetProperty("documentDigests").EnumerateArray().Select(d => d.GetProperty("hash").GetString()), Is.EqualTo(new[] { Base64(Annex), Base64(Lease) }));
        Assert.That(entry.GetProperty("documentDigests")[0].GetProperty("label").GetString(), Is.EqualTo("Annex"));
    }

    [Test]
    public async Task A_qualifier_alone_lets_signing_choose_the_credential() // 167
    {
        string code = await Authorized(Url(Rich(Details(credential: null, qualifier: "eu_eidas_qes"))));
        JsonElement token = await Json(await Redeem(code));
        Assert.That(token.GetProperty("credentialID").GetString(), Is.EqualTo(SigningDouble.Credential));
        Assert.That(token.GetProperty("authorization_details")[0].GetProperty("signatureQualifier").GetString(), Is.EqualTo("eu_eidas_qes"));
    }

    [Test]
    public async Task Details_at_the_token_endpoint_must_say_the_same() // 165
    {
        foreach (string other in new[] { Details(digests: [new { hash = Base64(Lease) }]), Details(credential: "other"), Details(number: 3), "[", "[]" })
        {
            string code = await Authorized(Url(Rich(Details())));
            await Refused(await Redeem(code, changes: ("authorization_details", other)), HttpStatusCode.BadRequest, "invalid_authorization_details");
            Identity.Cluster.Clock.Advance(TimeSpan.FromMinutes(11));
            await Phone.LogInAsync();
        }
    }

    [Test]
    public async Task Rich_details_may_stand_beside_the_scope_and_beside_plain_parameters_that_agree() // 166, D-15
    {
        HttpResponseMessage page = await Identity.GetAsync(Url(Rich(Details(), ("scope", "credential"), ("credentialID", SigningDouble.Credential), ("numSignatures", "2"), ("hashes", Base64(Annex) + "," + Base64(Lease)))));
        Assert.That(page.StatusCode, Is.EqualTo(HttpStatusCode.OK), await page.Content.ReadAsStringAsync());
        foreach ((string, string?) disagreement in new (string, string?)[] { ("credentialID", "other"), ("numSignatures", "3"), ("hashes", Base64(Annex)), ("hashAlgorithmOID", "1.2.3") })
            Assert.That(Parameters(await Identity.GetAsync(Url(Rich(Details(), ("scope", "credential"), disagreement))))["error"], Is.EqualTo("invalid_authorization_details"), disagreement.Item1);
    }

    [TestCase("[]")]
    [TestCase("{}")]
    [TestCase("nonsense")]
    [TestCase("""[{"type":"credential","credentialID":"c"},{"type":"credential","credentialID":"c"}]""")]
    [TestCase("""[{"type":"other","credentialID":"c"}]""")]
    [TestCase("""[{"type":"credential"}]""")]
    [TestCase("""[{"type":"credential","credentialID":7}]""")]
    [TestCase("""[{"type":"credential","credentialID":"c","numSignatures":"2"}]""")]
    [TestCase("""[{"type":"credential","credentialID":"c","numSignatures":0}]""")]
    [TestCase("""[{"type":"credential","credentialID":"c","documentDigests":[{"hash":"not base64!"}]}]""")]
    [TestCase("""[{"type":"credential","credentialID":"c","documentDigests":[{"label":"x"}]}]""")]
    [TestCase("""[{"type":"credential","credentialID":"c","documentDigests":[{"hash":"AAAA","hashType":"SODR"}]}]""")]
    [TestCase("""[{"type":"credential","credentialID":"c","documentDigests":[{"hash":"AAAA","hashType":"SDR"},{"hash":"AAAB"}]}]""")]
    [TestCase("""[{"type":"credential","type":"credential","credentialID":"c"}]""")]
    public async Task Details_that_cannot_be_understood_go_back_to_the_client(string details) => // 166
        Assert.That(Parameters(await Identity.GetAsync(Url(Rich(details))))["error"], Is.EqualTo("invalid_authorization_details"));

    [TestCase("credentialID", null, "invalid_request")]
    [TestCase("numSignatures", "0", "invalid_request")]
    [TestCase("numSignatures", "two", "invalid_request")]
    [TestCase("hashes", "***", "invalid_request")]
    [TestCase("hash", "AAAA", "invalid_request")]
    [TestCase("scope", "service credential", "invalid_scope")]
    [TestCase("prompt", "none", "login_required")]
    [TestCase("max_age", "-1", "invalid_request")]
    [TestCase("request", "a.b.c", "request_not_supported")]
    [TestCase("response_mode", "fragment", "invalid_request")]
    public async Task Parameters_that_cannot_be_understood_go_back_to_the_client(string name, string? value, string error) // 155, 157
    {
        var parameters = Parameters(await Identity.GetAsync(Url(Plain(changes: (name, value)))));
        Assert.That((parameters["error"], parameters["state"]), Is.EqualTo((error, "s1")));
    }

    [Test]
    public async Task A_description_has_at_most_500_characters()
    {
        Assert.That((await Identity.GetAsync(Url(Plain(changes: ("description", new string('x', 500)))))).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(Parameters(await Identity.GetAsync(Url(Plain(changes: ("description", new string('x', 501))))))["error"], Is.EqualTo("invalid_request"));
    }

    [Test]
    public async Task Somebody_elses_credential_is_denied_after_the_login() // 158
    {
        var login = await Start(Url(Plain(changes: ("credentialID", "00000000-0000-4000-8000-000000000000"))));
        await Phone.DecideAsync(login.Id, "confirm");
        Assert.That(Parameters(await Look(login))["error"], Is.EqualTo("access_denied"));
        Assert.That((await Look(login)).StatusCode, Is.EqualTo(HttpStatusCode.Redirect), "it stays denied");
    }

    [Test]
    public async Task What_signing_refuses_goes_back_to_the_client() // 157
    {
        var login = await Start(Url(Plain()));
        await Phone.DecideAsync(login.Id, "confirm");
        Identity.Signing.Fails = FaultException.Invalid("invalid_request", "Numbers of signatures is too high");
        var parameters = Parameters(await Look(login));
        Assert.That((parameters["error"], parameters["error_description"]), Is.EqualTo(("invalid_request", "Numbers of signatures is too high")));
    }

    [Test]
    public async Task While_signing_is_away_the_login_waits()
    {
        var login = await Start(Url(Plain()));
        await Phone.DecideAsync(login.Id, "confirm");
        Identity.Signing.Fails = FaultException.Unavailable("temporarily_unavailable", "away");
        Assert.That((await Look(login)).StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Identity.Signing.Fails = null;
        Assert.That(await (await Look(login)).Content.ReadAsStringAsync(), Does.Contain("Number of signatures"));
    }

    [Test]
    public async Task Declining_on_the_phone_and_cancelling_on_the_page_deny_access() // 156
    {
        var (declined, _) = await Consent(Url(Plain()));
        Identity.Signing.States[Transaction(declined)] = "declined";
        Assert.That(Parameters(await Look(declined))["error"], Is.EqualTo("access_denied"));
        var (cancelled, _) = await Consent(Url(Plain()));
        Assert.That(Parameters(await Look(cancelled, "?cancel=1"))["error"], Is.EqualTo("access_denied"));
        Assert.That(Identity.Signing.States[Transaction(cancelled)], Is.EqualTo("declined"), "the phone is not asked any more");
    }

    [Test]
    public async Task Nothing_is_signed_before_the_login_or_for_another_browser()
    {
        var login = await Start(Url(Plain()));
        await Look(login);
        Assert.That(Identity.Signing.Asked.ContainsKey(Transaction(login)), Is.False);
        await Phone.DecideAsync(login.Id, "confirm");
        using HttpClient stranger = Identity.Cluster.Client(Identity.Service);
        Assert.That((await stranger.GetAsync($"/oauth2/login/{login.Id}")).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(Identity.Signing.Asked.ContainsKey(Transaction(login)), Is.False);
    }

    [Test]
    public async Task The_page_looked_at_many_times_gives_one_code()
    {
        var (login, _) = await Consent(Url(Plain()));
        Identity.Signing.States[Transaction(login)] = "active";
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Look(login)));
        Assert.That(answers.Count(a => a.StatusCode == HttpStatusCode.Redirect && a.Headers.Location!.OriginalString.Contains("code=", StringComparison.Ordinal)), Is.EqualTo(1));
    }

    [Test]
    public async Task A_revoked_credential_token_ends_the_transaction()
    {
        var (login, _) = await Consent(Url(Plain()));
        Identity.Signing.States[Transaction(login)] = "active";
        string access = (await Json(await Redeem(Parameters(await Look(login))["code"]))).GetProperty("access_token").GetString()!;
        Assert.That((await Revoke(access)).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(Identity.Signing.States[Transaction(login)], Is.EqualTo("closed"));
    }

    [Test]
    public async Task The_v1_base_gives_a_sad_and_needs_no_pkce_of_a_client_with_a_secret() // 159, D-5
    {
        string url = Url(Plain(changes: [("code_challenge", null), ("code_challenge_method", null), ("hashes", null), ("hash", Url64(Lease)), ("numSignatures", null), ("hashAlgorithmOID", null)]), "/v1/oauth2/authorize");
        string page = await (await Identity.GetAsync(url)).Content.ReadAsStringAsync();
        Assert.That(page, Does.Contain("action=\"/v1/oauth2/authorize?"), "the form stays behind its base");
        string code = await Authorized(url);
        JsonElement token = await Json(await Post("/v1/oauth2/token", "app", new() { ["grant_type"] = "authorization_code", ["code"] = code, ["redirect_uri"] = Callback("app") }));
        Assert.That(token.GetProperty("token_type").GetString(), Is.EqualTo("SAD"));
        Assert.That(token.GetProperty("credentialID").GetString(), Is.EqualTo(SigningDouble.Credential));
        Assert.That(Parameters(await Identity.GetAsync(Url(Ask("native", ("code_challenge", null), ("code_challenge_method", null)), "/v1/oauth2/authorize")), "native")["error"],
            Is.EqualTo("invalid_request"), "a public client needs PKCE everywhere");
        Assert.That(Parameters(await Identity.GetAsync(Url(Ask("app", ("code_challenge_method", "plain")), "/v1/oauth2/authorize")))["error"], Is.EqualTo("invalid_request"));
    }

    [Test]
    public async Task Taking_pkce_out_of_a_request_on_its_way_is_noticed() // RFC 9700 §2.1.1, PKCE downgrade
    {
        var login = await Start(Url(Ask("app", ("code_challenge", null), ("code_challenge_method", null)), "/v1/oauth2/authorize"));
        await Phone.DecideAsync(login.Id, "confirm");
        await Refused(await Redeem(Parameters(await Look(login))["code"]), HttpStatusCode.BadRequest, "invalid_grant");
    }

    [Test]
    public async Task A_code_with_a_challenge_needs_its_verifier() => // 154
        await Refused(await Redeem(await Code(), changes: ("code_verifier", null)), HttpStatusCode.BadRequest, "invalid_request");
}
