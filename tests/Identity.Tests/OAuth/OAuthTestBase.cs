using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace Pechat.Identity.Tests.OAuth;

/// <summary>A customer with a phone and a browser, and the client <c>app</c>.</summary>
internal abstract class OAuthTestBase : IdentityTestBase
{
    protected const string Verifier = "a-code-verifier-of-at-least-forty-three-characters";
    protected static readonly string Challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));

    protected Phone Phone { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task Enrol() => Phone = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());

    [SetUp]
    public async Task NextWindow()
    {
        Identity.Cluster.Clock.Advance(TimeSpan.FromMinutes(11)); // the limits on logins start anew
        await Phone.LogInAsync();
    }

    [OneTimeTearDown]
    public void Free() => Phone.Dispose();

    protected static string Callback(string client) => $"https://{client}.test/callback";

    protected static Dictionary<string, string> Ask(string client = "app", params (string Name, string? Value)[] changes)
    {
        var query = new Dictionary<string, string?>
        {
            ["response_type"] = "code", ["client_id"] = client, ["redirect_uri"] = Callback(client), ["scope"] = "service", ["state"] = "s1",
            ["code_challenge"] = Challenge, ["code_challenge_method"] = "S256", ["lang"] = "en",
        };
        foreach (var (name, value) in changes)
            query[name] = value;
        return query.Where(q => q.Value is not null).ToDictionary(q => q.Key, q => q.Value!);
    }

    protected static string Url(Dictionary<string, string> query, string path = "/oauth2/authorize") => QueryHelpers.AddQueryString(path, query!);

    /// <summary>Types the customer's e-mail; the login waits for the phone.</summary>
    protected async Task<(Guid Id, string Cookie)> Start(string url, string? identifier = null)
    {
        HttpResponseMessage answer = await Identity.FormAsync(url, new() { ["identifier"] = identifier ?? Phone.Email });
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Redirect), await answer.Content.ReadAsStringAsync());
        Assert.That(answer.Headers.Location!.OriginalString, Does.StartWith("/oauth2/login/"));
        return (Guid.Parse(answer.Headers.Location.OriginalString.Split('/')[^1]), answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);
    }

    protected Task<HttpResponseMessage> Look((Guid Id, string Cookie) login, string more = "") => Identity.GetAsync($"/oauth2/login/{login.Id}{more}", cookie: login.Cookie);

    /// <summary>What the browser is sent back to the client with.</summary>
    protected static Dictionary<string, string> Parameters(HttpResponseMessage answer, string client = "app")
    {
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Redirect), answer.Content.ReadAsStringAsync().Result);
        Assert.That(answer.Headers.Location!.OriginalString, Does.StartWith(Callback(client) + "?"));
        return QueryHelpers.ParseQuery(answer.Headers.Location.Query).ToDictionary(p => p.Key, p => p.Value.ToString());
    }

    protected async Task<string> Code(string client = "app", params (string Name, string? Value)[] changes)
    {
        var login = await Start(Url(Ask(client, changes)));
        Assert.That((await Phone.DecideAsync(login.Id, "confirm")).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        return Parameters(await Look(login), client)["code"];
    }

    protected Task<HttpResponseMessage> Redeem(string code, string client = "app", params (string Name, string? Value)[] changes)
    {
        var form = new Dictionary<string, string?> { ["grant_type"] = "authorization_code", ["code"] = code, ["redirect_uri"] = Callback(client), ["code_verifier"] = Verifier };
        foreach (var (name, value) in changes)
            form[name] = value;
        return Post("/oauth2/token", client, form);
    }

    protected Task<HttpResponseMessage> Refresh(string token, string client = "app", string? scope = null) =>
        Post("/oauth2/token", client, new() { ["grant_type"] = "refresh_token", ["refresh_token"] = token, ["scope"] = scope });

    protected Task<HttpResponseMessage> Revoke(string token, string client = "app", string? hint = null) =>
        Post("/oauth2/revoke", client, new() { ["token"] = token, ["token_type_hint"] = hint });

    protected Task<HttpResponseMessage> Post(string path, string client, Dictionary<string, string?> form) =>
        Identity.FormAsync(path, form.Where(f => f.Value is not null).ToDictionary(f => f.Key, f => f.Value!), $"{client}:{IdentityFixture.Secret}");

    /// <summary>Access and refresh token of a new session.</summary>
    protected async Task<(string Access, string Refresh)> Session(string scope = "portal openid") => Pair(await Json(await Redeem(await Code("app", ("scope", scope)))));

    protected static (string Access, string Refresh) Pair(JsonElement token) => (token.GetProperty("access_token").GetString()!, token.GetProperty("refresh_token").GetString()!);

    protected static Task<JsonElement> Json(HttpResponseMessage answer) => global::Pechat.Identity.Tests.Phone.Json(answer);

    protected async Task<HttpStatusCode> Try(string access) => (await Identity.GetAsync("/identity/v1/me", access)).StatusCode;
}
