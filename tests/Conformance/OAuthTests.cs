using System.Text;
using System.Text.Json.Nodes;

namespace Pechat.Conformance.Tests;

/// <summary>Checklist 11.13.</summary>
internal sealed class OAuthTests : Suite
{
    private Browser _browser = null!;

    [SetUp]
    public void Open() => _browser = new Browser(Server, Server["OAuthBase"]);

    [Test, Statement(151)]
    public async Task Code_flow_gives_a_bearer_token()
    {
        Answer answer = (await _browser.TokenAsync(_browser.Parameters())).IsOk();
        Assert.That((string?)answer["token_type"], Is.EqualTo("Bearer").IgnoreCase);
        Assert.That((int)answer["expires_in"]!, Is.Positive);
        (await V2("credentials/list", new { }, (string)answer["access_token"]!)).IsOk();
    }

    [Test, Statement(152)]
    public async Task Code_that_is_used_twice_revokes_what_it_gave()
    {
        string code = (await _browser.AuthorizeAsync(_browser.Parameters()))["code"];
        string token = (string)(await _browser.ExchangeAsync(code)).IsOk()["access_token"]!;
        (await _browser.ExchangeAsync(code)).IsRefused(error: "invalid_grant");
        Answer answer = await V2("credentials/list", new { }, token);
        for (int i = 0; i < 30 && answer.Status == 200; i++)
        {
            await Task.Delay(100); // services learn of it within a second
            answer = await V2("credentials/list", new { }, token);
        }
        Assert.That(answer.Status, Is.EqualTo(401));
    }

    [Test, Statement(153)]
    public async Task Redirect_address_is_exact()
    {
        string code = (await _browser.AuthorizeAsync(_browser.Parameters()))["code"];
        (await _browser.ExchangeAsync(code, ("redirect_uri", "https://localhost/another"))).IsRefused(error: "invalid_grant");
        (int status, Uri? location, _, _) = await _browser.OpenAsync(_browser.Parameters(("redirect_uri", "https://evil.example/")), null);
        Assert.That((status, location), Is.EqualTo((400, (Uri?)null)));
    }

    [Test, Statement(154)]
    public async Task Proof_key_is_needed_and_checked()
    {
        string code = (await _browser.AuthorizeAsync(_browser.Parameters()))["code"];
        (await _browser.ExchangeAsync(code, ("code_verifier", new string('x', 43)))).IsRefused(error: "invalid_grant");
        Assert.That((await _browser.AuthorizeAsync(_browser.Parameters(("code_challenge", null), ("code_challenge_method", null))))["error"], Is.EqualTo("invalid_request"));
        Assert.That((await _browser.AuthorizeAsync(_browser.Parameters(("code_challenge_method", "plain"))))["error"], Is.EqualTo("invalid_request"));
    }

    [TestCase("response_type", "token", "unsupported_response_type"), TestCase("scope", "nothing", "invalid_scope"), TestCase("scope", "service credential", "invalid_scope"), Statement(155)]
    public async Task Bad_requests_go_back_to_the_client(string name, string value, string error)
    {
        Dictionary<string, string> answer = await _browser.AuthorizeAsync(_browser.Parameters((name, value)));
        Assert.That((answer["error"], answer["state"]), Is.EqualTo((error, _browser.State)));
    }

    [Test, Statement(156)]
    public async Task Declined_login_is_access_denied()
    {
        await Server.SignerWillAsync("decline");
        Dictionary<string, string> answer = await _browser.AuthorizeAsync(_browser.Parameters());
        Assert.That((answer["error"], answer["state"]), Is.EqualTo(("access_denied", _browser.State)));
    }

    [Test, Statement(168)]
    public async Task Client_credentials_give_service_and_nothing_else()
    {
        Answer answer = (await _browser.PostAsync("token", [("grant_type", "client_credentials"), ("scope", "service")])).IsOk();
        (await V2("credentials/list", new { userID = Server["AliceId"] }, (string)answer["access_token"]!)).IsOk();
        (await _browser.PostAsync("token", [("grant_type", "client_credentials"), ("scope", "credential")])).IsRefused(error: "invalid_scope");
    }

    [Test, Statement(169)]
    public async Task Refresh_tokens_rotate_and_reuse_ends_the_family()
    {
        Answer first = (await _browser.TokenAsync(_browser.Parameters())).IsOk();
        string old = (string)first["refresh_token"]!;
        Answer second = (await _browser.PostAsync("token", [("grant_type", "refresh_token"), ("refresh_token", old)])).IsOk();
        (await V2("credentials/list", new { }, (string)second["access_token"]!)).IsOk();
        (await _browser.PostAsync("token", [("grant_type", "refresh_token"), ("refresh_token", old)])).IsRefused(error: "invalid_grant");
        (await _browser.PostAsync("token", [("grant_type", "refresh_token"), ("refresh_token", (string)second["refresh_token"]!)])).IsRefused(error: "invalid_grant");
    }

    [Test, Statement(170)]
    public async Task Revocation_answers_as_the_standard_says()
    {
        string token = (string)(await _browser.TokenAsync(_browser.Parameters())).IsOk()["access_token"]!;
        (await _browser.PostAsync("revoke", [("token", token)])).IsOk(204);
        Assert.That((await V2("credentials/list", new { }, token)).Status, Is.EqualTo(401));
        (await _browser.PostAsync("revoke", [])).IsRefused("Missing parameter token");
        Assert.That((await _browser.PostAsync("revoke", [("token", "x"), ("token_type_hint", "foo")])).Status, Is.EqualTo(400));
        (await _browser.PostAsync("revoke", [("token", "x"), ("client_secret", "wrong")])).IsRefused(error: "invalid_client", status: 401);
    }

    [Test, Statement(173)]
    public async Task Client_authenticates_by_header_or_form_but_not_both()
    {
        string basic = "Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes($"{Uri.EscapeDataString(Server["ClientId"])}:{Uri.EscapeDataString(Server["ClientSecret"])}"));
        (await _browser.PostAsync("token", [("grant_type", "client_credentials"), ("scope", "service")])).IsOk();
        (await _browser.PostAsync("token", [("grant_type", "client_credentials"), ("scope", "service"), ("client_secret", null), ("client_id", null)], basic)).IsOk();
        Assert.That((await _browser.PostAsync("token", [("grant_type", "client_credentials"), ("scope", "service")], basic)).Status, Is.AnyOf(400, 401));
    }

    [Test, Statement(174)]
    public async Task Issuer_is_the_base()
    {
        JsonNode metadata = (await Server.SendAsync(HttpMethod.Get, $"{Server["OAuthBase"]}/.well-known/oauth-authorization-server", null, null)).IsOk().Body!;
        Assert.That((string?)metadata["issuer"], Is.EqualTo((string?)(await V2("info", new { }, null)).IsOk()["oauth2"]));
    }
}
