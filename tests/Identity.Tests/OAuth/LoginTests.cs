using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Pechat.Testing;

namespace Pechat.Identity.Tests.OAuth;

internal sealed class LoginTests : IdentityTestBase
{
    private const string Callback = "https://portal.test/callback";
    private const string Verifier = "a-code-verifier-of-at-least-forty-three-characters";
    private static readonly string Challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));
    private Phone _phone = null!;

    [OneTimeSetUp]
    public async Task Enrol() => _phone = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());

    [SetUp]
    public async Task NextWindow()
    {
        Identity.Cluster.Clock.Advance(TimeSpan.FromMinutes(11)); // the limits on logins start anew
        await _phone.LogInAsync();
    }

    [OneTimeTearDown]
    public void Free() => _phone.Dispose();

    private static string Query(params (string Name, string? Value)[] changes)
    {
        var query = new Dictionary<string, string?>
        {
            ["response_type"] = "code", ["client_id"] = "portal", ["redirect_uri"] = Callback, ["scope"] = "openid portal", ["state"] = "s t&a=te",
            ["nonce"] = "n1", ["code_challenge"] = Challenge, ["code_challenge_method"] = "S256", ["lang"] = "en",
        };
        foreach (var (name, value) in changes)
            query[name] = value;
        return QueryHelpers.AddQueryString("/oauth2/authorize", query.Where(q => q.Value is not null));
    }

    private async Task<(Guid Id, string Cookie)> Start(string identifier, string? query = null)
    {
        HttpResponseMessage answer = await Post(identifier, query);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Redirect), await answer.Content.ReadAsStringAsync());
        string cookie = answer.Headers.GetValues("Set-Cookie").Single();
        Assert.That(cookie, Does.StartWith("__Host-").And.Contain("secure").And.Contain("httponly").And.Contain("path=/").And.Contain("samesite=lax"));
        return (Guid.Parse(answer.Headers.Location!.OriginalString.Split('/')[^1]), cookie.Split(';')[0]);
    }

    private Task<HttpResponseMessage> Post(string identifier, string? query = null) =>
        Identity.FormAsync(query ?? Query(), new() { ["identifier"] = identifier });

    private Task<HttpResponseMessage> Look((Guid Id, string Cookie) login, string more = "") => Identity.GetAsync($"/oauth2/login/{login.Id}{more}", cookie: login.Cookie);

    private static Dictionary<string, string> Parameters(HttpResponseMessage answer)
    {
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        Assert.That(answer.Headers.Location!.OriginalString, Does.StartWith(Callback + "?"));
        return QueryHelpers.ParseQuery(answer.Headers.Location.Query).ToDictionary(p => p.Key, p => p.Value.ToString());
    }

    private Task<HttpResponseMessage> Exchange(string code, string? verifier = Verifier, string? redirect = Callback, string client = "portal")
    {
        var form = new Dictionary<string, string> { ["grant_type"] = "authorization_code", ["code"] = code };
        if (verifier is not null)
            form["code_verifier"] = verifier;
        if (redirect is not null)
            form["redirect_uri"] = redirect;
        return Identity.FormAsync("/oauth2/token", form, $"{client}:{IdentityFixture.Secret}");
    }

    private async Task<string> Code()
    {
        var login = await Start(_phone.Email);
        Assert.That((await _phone.DecideAsync(login.Id, "confirm")).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        return Parameters(await Look(login))["code"];
    }

    [Test]
    [Requirement("S0-48")]
    public async Task A_login_is_confirmed_on_the_phone_and_ends_with_a_code_and_tokens() // CSC 11.13, 151
    {
        var login = await Start(_phone.Email.ToUpperInvariant());
        Assert.That(await (await Look(login)).Content.ReadAsStringAsync(), Does.Contain("Confirm on your phone"));
        Assert.That((await Phone.Json(await Look(login, "/status"))).GetProperty("state").GetString(), Is.EqualTo("pending"));

        JsonElement waiting = (await _phone.LoginsAsync()).Single(l => l.GetProperty("id").GetGuid() == login.Id);
        Assert.That(waiting.GetProperty("client").GetString(), Is.EqualTo("The <Portal>"));
        Assert.That(waiting.GetProperty("expiresAt").GetDateTimeOffset() - waiting.GetProperty("requestedAt").GetDateTimeOffset(), Is.EqualTo(TimeSpan.FromMinutes(2)));
        Assert.That((await _phone.DecideAsync(login.Id, "confirm")).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));

        Assert.That((await Phone.Json(await Look(login, "/status"))).GetProperty("state").GetString(), Is.EqualTo("done"));
        var parameters = Parameters(await Look(login));
        Assert.That(parameters["state"], Is.EqualTo("s t&a=te"));
        Assert.That(parameters["iss"], Is.EqualTo(TestTokens.Issuer));
        JsonElement token = await Phone.Json(await Exchange(parameters["code"]));
        Assert.That(Tokens.Payload(token.GetProperty("access_token").GetString()!).GetProperty("sub").GetGuid(), Is.EqualTo(_phone.CustomerId));
        JsonElement id = Tokens.Payload(token.GetProperty("id_token").GetString()!);
        Assert.That(id.GetProperty("aud").GetString(), Is.EqualTo("portal"));
        Assert.That(id.GetProperty("nonce").GetString(), Is.EqualTo("n1"));
        HttpResponseMessage profile = await Identity.GetAsync("/identity/v1/me", token.GetProperty("access_token").GetString());
        Assert.That((await Phone.Json(profile)).GetProperty("customerId").GetGuid(), Is.EqualTo(_phone.CustomerId));
        Identity.Cluster.Logs.VerifyNeverLogged(parameters["code"]);
    }

    [Test]
    public async Task A_code_works_once() // 152
    {
        string code = await Code();
        await Phone.Json(await Exchange(code));
        await Refused(await Exchange(code), HttpStatusCode.BadRequest, "invalid_grant");
    }

    [Test]
    public async Task A_code_shown_many_times_at_once_works_once()
    {
        string code = await Code();
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Exchange(code)));
        Assert.That(answers.Count(a => a.IsSuccessStatusCode), Is.EqualTo(1));
    }

    [Test]
    public async Task A_code_is_valid_for_a_minute()
    {
        string code = await Code();
        Identity.Cluster.Clock.Advance(TimeSpan.FromSeconds(61));
        await Refused(await Exchange(code), HttpStatusCode.BadRequest, "invalid_grant");
    }

    [TestCase("another-code-verifier-of-at-least-forty-three-char", Callback, "invalid_grant")]
    [TestCase(Verifier, "https://portal.test/callback/", "invalid_grant")]
    [TestCase(null, Callback, "invalid_request")]
    public async Task A_wrong_verifier_or_redirect_uri_is_refused(string? verifier, string redirect, string error) => // 153, 154
        await Refused(await Exchange(await Code(), verifier, redirect), HttpStatusCode.BadRequest, error);

    [Test]
    public async Task A_wrong_verifier_uses_the_code_up()
    {
        string code = await Code();
        await Refused(await Exchange(code, "another-code-verifier-of-at-least-forty-three-char"), HttpStatusCode.BadRequest, "invalid_grant");
        await Refused(await Exchange(code), HttpStatusCode.BadRequest, "invalid_grant");
    }

    [Test]
    public async Task Declining_on_the_phone_or_cancelling_on_the_page_denies_access() // 156
    {
        var login = await Start(_phone.Email);
        await _phone.DecideAsync(login.Id, "decline");
        Assert.That(Parameters(await Look(login))["error"], Is.EqualTo("access_denied"));
        var other = await Start(_phone.Email);
        var parameters = Parameters(await Look(other, "?cancel=1"));
        Assert.That((parameters["error"], parameters["state"]), Is.EqualTo(("access_denied", "s t&a=te")));
        await Refused(await _phone.DecideAsync(other.Id, "confirm"), HttpStatusCode.Conflict, "illegal_state");
    }

    [Test]
    public async Task A_login_can_be_confirmed_for_two_minutes()
    {
        var login = await Start(_phone.Email);
        Identity.Cluster.Clock.Advance(TimeSpan.FromMinutes(2));
        await Refused(await _phone.DecideAsync(login.Id, "confirm"), HttpStatusCode.Conflict, "illegal_state");
        string page = await (await Look(login)).Content.ReadAsStringAsync();
        Assert.That(page, Does.Contain("was not confirmed").And.Contain("error=access_denied"));
    }

    [Test]
    public async Task Only_the_browser_that_started_a_login_can_finish_it()
    {
        var login = await Start(_phone.Email);
        await _phone.DecideAsync(login.Id, "confirm");
        using HttpClient stranger = Identity.Cluster.Client(Identity.Service);
        Assert.That((await stranger.GetAsync($"/oauth2/login/{login.Id}")).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        stranger.DefaultRequestHeaders.Add("Cookie", login.Cookie + "x");
        Assert.That((await stranger.GetAsync($"/oauth2/login/{login.Id}")).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(Parameters(await Look(login)), Contains.Key("code"));
        Assert.That((await Look(login)).StatusCode, Is.EqualTo(HttpStatusCode.OK), "the second time there is only a page");
    }

    [Test]
    public async Task An_unknown_user_sees_the_same_as_a_known_one()
    {
        var known = await Start(_phone.Email);
        var unknown = await Start("nobody@example.com");
        string Page(HttpResponseMessage answer, Guid id) => answer.Content.ReadAsStringAsync().Result
            .Replace(id.ToString(), "", StringComparison.Ordinal).Replace($"<strong>{Identity.NumberAsync(id).Result}</strong>", "", StringComparison.Ordinal);
        Assert.That(Page(await Look(unknown), unknown.Id), Is.EqualTo(Page(await Look(known), known.Id)));
        Assert.That(await (await Look(unknown, "/status")).Content.ReadAsStringAsync(), Is.EqualTo(await (await Look(known, "/status")).Content.ReadAsStringAsync()));
    }

    [Test]
    public async Task Too_many_logins_are_refused_for_known_and_unknown_alike()
    {
        foreach (string identifier in new[] { _phone.Email, "somebody@example.com" })
        {
            for (int i = 0; i < 5; i++)
                await Start(identifier);
            Assert.That((await Post(identifier)).StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests), identifier);
        }
    }

    [Test]
    public async Task Many_logins_at_once_are_limited_as_well()
    {
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Post("everybody@example.com")));
        Assert.That(answers.Count(a => a.StatusCode == HttpStatusCode.Redirect), Is.EqualTo(5));
    }

    [Test]
    public async Task A_lost_phone_is_detached_in_the_portal_after_a_login_with_another()
    {
        string egn = IdentityFixture.NewEgn();
        using Phone lost = await Identity.NewPhone().EnrolAsync(egn);
        using Phone next = await lost.Replacement().EnrolAsync(egn);
        var login = await Start(next.Email);
        await next.DecideAsync(login.Id, "confirm");
        string portal = (await Phone.Json(await Exchange(Parameters(await Look(login))["code"]))).GetProperty("access_token").GetString()!;
        Assert.That((await Identity.DeleteAsync($"/identity/v1/devices/{lost.DeviceId}", portal)).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        await Refused(await lost.AskForTokenAsync(), HttpStatusCode.BadRequest, "invalid_grant");
        await NoLonger(await Identity.GetAsync("/identity/v1/logins", lost.DeviceToken));
        Assert.That(await next.LoginsAsync(), Is.Empty);
    }

    [Test]
    public async Task A_decision_needs_the_devices_own_signature_over_this_login_and_this_decision()
    {
        var login = await Start(_phone.Email);
        using ECDsa stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await Refused(await _phone.DecideAsync(login.Id, "confirm", key: stranger), HttpStatusCode.Forbidden, "invalid_proof");
        await Refused(await _phone.DecideAsync(login.Id, "confirm", signedDecision: "decline"), HttpStatusCode.Forbidden, "invalid_proof");
        using Phone other = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());
        await Refused(await other.DecideAsync(login.Id, "confirm"), HttpStatusCode.Conflict, "illegal_state");
        Assert.That(await other.LoginsAsync(), Is.Empty);
    }

    [Test]
    public async Task The_page_is_escaped_unframeable_and_runs_no_script_of_its_own()
    {
        HttpResponseMessage answer = await Identity.GetAsync(Query(("state", "\"><script>alert(1)</script>")));
        string page = await answer.Content.ReadAsStringAsync();
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), page);
        Assert.That(page, Does.Contain("The &lt;Portal&gt;").And.Contain("<html lang=\"en\">").And.Not.Contain("<script>alert").And.Not.Contain("style="));
        string policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.That(policy, Does.Contain("default-src 'none'").And.Contain("frame-ancestors 'none'").And.Not.Contain("unsafe"));
        Assert.That(await (await Identity.GetAsync(Query(("lang", "bg")))).Content.ReadAsStringAsync(), Does.Contain("Имейл или мобилен телефон").Or.Contain("&#x418;"));
        Assert.That((await Identity.GetAsync("/oauth2/login.css")).Content.Headers.ContentType!.MediaType, Is.EqualTo("text/css"));
        Assert.That((await Identity.GetAsync("/oauth2/login.js")).Content.Headers.ContentType!.MediaType, Is.EqualTo("text/javascript"));
    }

    [TestCase("client_id", "nobody")]
    [TestCase("client_id", null)]
    [TestCase("redirect_uri", "https://portal.test/callback?x=1")]
    [TestCase("redirect_uri", "https://evil.example/callback")]
    public async Task A_wrong_client_or_redirect_uri_is_never_redirected(string name, string? value) // 153
    {
        HttpResponseMessage answer = await Identity.GetAsync(Query((name, value)));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(answer.Headers.Location, Is.Null);
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("cannot be served"));
    }

    [TestCase("response_type", "token", "unsupported_response_type")]
    [TestCase("code_challenge", null, "invalid_request")]
    [TestCase("code_challenge_method", "plain", "invalid_request")]
    [TestCase("code_challenge_method", null, "invalid_request")]
    [TestCase("scope", "unknown", "invalid_scope")]
    [TestCase("scope", "service credential", "invalid_scope")]
    [TestCase("scope", "device", "invalid_scope")]
    [TestCase("scope", "enrolment", "invalid_scope")]
    public async Task Other_errors_go_back_to_the_client_with_its_state(string name, string? value, string error) // 154, 155
    {
        var parameters = Parameters(await Identity.GetAsync(Query((name, value))));
        Assert.That((parameters["error"], parameters["state"]), Is.EqualTo((error, "s t&a=te")));
    }

    [Test]
    public async Task Another_site_cannot_start_a_login()
    {
        using HttpClient client = Identity.Cluster.Client(Identity.Service);
        client.DefaultRequestHeaders.Add("Sec-Fetch-Site", "cross-site");
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["identifier"] = _phone.Email });
        Assert.That((await client.PostAsync(Query(), form)).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test]
    public async Task Another_replica_finishes_what_one_began()
    {
        var login = await Start(_phone.Email);
        await _phone.DecideAsync(login.Id, "confirm");
        await using TestService replica = await Identity.StartReplicaAsync();
        using HttpClient client = Identity.Cluster.Client(replica);
        client.DefaultRequestHeaders.Add("Cookie", login.Cookie);
        string code = Parameters(await client.GetAsync($"/oauth2/login/{login.Id}"))["code"];
        await Phone.Json(await Exchange(code));
    }
}
