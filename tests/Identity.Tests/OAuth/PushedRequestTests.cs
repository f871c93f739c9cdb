using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Pechat.Testing;

namespace Pechat.Identity.Tests.OAuth;

internal sealed class PushedRequestTests : OAuthTestBase
{
    private Task<HttpResponseMessage> Push(Dictionary<string, string> form, string client = "app") => Post("/oauth2/pushed_authorize", client, form.ToDictionary(f => f.Key, f => (string?)f.Value));

    private async Task<string> Pushed(string client = "app") => (await Json(await Push(Ask(client), client))).GetProperty("request_uri").GetString()!;

    private static string UrlOf(string uri, string client = "app") =>
        QueryHelpers.AddQueryString("/oauth2/authorize", new Dictionary<string, string?> { ["client_id"] = client, ["request_uri"] = uri });

    [Test]
    public async Task A_pushed_request_is_opened_by_its_uri_and_gives_one_code() // 162, RFC 9126
    {
        HttpResponseMessage answer = await Push(Ask("app", ("state", "pushed state")));
        JsonElement pushed = await Json(answer);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(answer.Headers.CacheControl!.NoStore, Is.True);
        Assert.That(pushed.GetProperty("expires_in").GetInt32(), Is.EqualTo(90));
        string uri = pushed.GetProperty("request_uri").GetString()!;
        Assert.That(uri, Does.StartWith("urn:ietf:params:oauth:request_uri:"));

        string url = UrlOf(uri) + "&state=ignored";
        string page = await (await Identity.GetAsync(url)).Content.ReadAsStringAsync();
        Assert.That(page, Does.Contain("<html lang=\"en\">"), "the language is part of what was pushed");
        Assert.That((await Identity.GetAsync(url)).StatusCode, Is.EqualTo(HttpStatusCode.OK), "the page can be reloaded");
        var login = await Start(url);
        var second = await Start(url);
        await Phone.DecideAsync(login.Id, "confirm");
        await Phone.DecideAsync(second.Id, "confirm");
        var parameters = Parameters(await Look(login));
        Assert.That(parameters["state"], Is.EqualTo("pushed state"));
        HttpResponseMessage late = await Look(second);
        Assert.That((late.StatusCode, late.Headers.Location), Is.EqualTo((HttpStatusCode.OK, (Uri?)null)), "the second login gets no code");
        Assert.That((await Identity.GetAsync(url)).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        await Json(await Redeem(parameters["code"]));
    }

    [Test]
    public async Task A_pushed_request_is_its_clients_own() // 162
    {
        string uri = await Pushed();
        HttpResponseMessage foreign = await Identity.GetAsync(UrlOf(uri, "rival"));
        Assert.That((foreign.StatusCode, foreign.Headers.Location), Is.EqualTo((HttpStatusCode.BadRequest, (Uri?)null)));
        Assert.That((await Identity.GetAsync(UrlOf("urn:ietf:params:oauth:request_uri:guess"))).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await Identity.GetAsync(UrlOf(uri))).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await Refused(await Push(Ask("rival"), "app"), HttpStatusCode.BadRequest, "invalid_request");
    }

    [Test]
    public async Task A_pushed_request_is_to_be_opened_within_ninety_seconds() // 162, D-19
    {
        string uri = await Pushed(), opened = await Pushed();
        await Identity.GetAsync(UrlOf(opened));
        Identity.Cluster.Clock.Advance(TimeSpan.FromSeconds(91));
        Assert.That((await Identity.GetAsync(UrlOf(uri))).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await Identity.GetAsync(UrlOf(opened))).StatusCode, Is.EqualTo(HttpStatusCode.OK), "its page may be used a while");
        Identity.Cluster.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.That((await Identity.GetAsync(UrlOf(opened))).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [TestCase("redirect_uri", "https://evil.example/callback", "invalid_request")]
    [TestCase("response_type", "token", "unsupported_response_type")]
    [TestCase("scope", "unknown", "invalid_scope")]
    [TestCase("code_challenge", null, "invalid_request")]
    [TestCase("request_uri", "urn:ietf:params:oauth:request_uri:x", "invalid_request")]
    [TestCase("authorization_details", "[]", "invalid_scope")]
    public async Task What_would_be_refused_in_the_browser_is_refused_when_pushed(string name, string? value, string error) => // 163
        await Refused(await Push(Ask("app", (name, value))), HttpStatusCode.BadRequest, error);

    [Test]
    public async Task Who_has_a_secret_must_show_it_and_who_has_none_pushes_by_its_name() // 163, D-18
    {
        Dictionary<string, string> form = Ask("app");
        await Refused(await Identity.FormAsync("/oauth2/pushed_authorize", form), HttpStatusCode.Unauthorized, "invalid_client");
        form["client_secret"] = "wrong";
        await Refused(await Identity.FormAsync("/oauth2/pushed_authorize", form), HttpStatusCode.Unauthorized, "invalid_client");
        form["client_secret"] = IdentityFixture.Secret;
        Assert.That((await Identity.FormAsync("/oauth2/pushed_authorize", form)).StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That((await Identity.FormAsync("/oauth2/pushed_authorize", Ask("native"))).StatusCode, Is.EqualTo(HttpStatusCode.Created));
    }

    [Test]
    public async Task A_client_with_a_key_pushes_by_an_assertion_and_nothing_secret_is_kept()
    {
        Dictionary<string, string> form = Ask("keyed");
        form["client_assertion"] = ClientKey.Sign(ClientKey.Claims(Identity.Now));
        form["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        JsonElement pushed = await Json(await Identity.FormAsync("/oauth2/pushed_authorize", form));
        Assert.That((await Identity.GetAsync(UrlOf(pushed.GetProperty("request_uri").GetString()!, "keyed"))).StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Errors_and_answers_name_the_server_against_mix_ups() // RFC 9207
    {
        Assert.That(Parameters(await Identity.GetAsync(Url(Ask("app", ("response_type", "token")))))["iss"], Is.EqualTo(TestTokens.Issuer));
        var login = await Start(Url(Ask()));
        Assert.That(Parameters(await Look(login, "?cancel=1"))["iss"], Is.EqualTo(TestTokens.Issuer));
    }

    [TestCase("https://app.test/callback/")]
    [TestCase("https://app.test/callback?next=//evil.example")]
    [TestCase("https://app.test/callback#x")]
    [TestCase("https://app.test:443/callback")]
    [TestCase("https://APP.test/callback")]
    [TestCase("https://app.test.evil.example/callback")]
    [TestCase("https://app.test@evil.example/callback")]
    [TestCase("//evil.example")]
    [TestCase("javascript:alert(1)")]
    [TestCase("")]
    public async Task No_other_address_is_ever_redirected_to(string redirect) // 153, open redirect
    {
        foreach (string path in new[] { "/oauth2/authorize", "/v1/oauth2/authorize" })
        {
            HttpResponseMessage answer = await Identity.GetAsync(Url(Ask("app", ("redirect_uri", redirect), ("response_type", "token")), path));
            Assert.That((answer.StatusCode, answer.Headers.Location), Is.EqualTo((HttpStatusCode.BadRequest, (Uri?)null)));
        }
    }
}
