using System.Text;

namespace Pechat.Conformance.Tests;

/// <summary>Checklist 11.3 and 11.4.</summary>
internal sealed class LoginTests : Suite
{
    private static string Basic(string pair) => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(pair));

    private static string Right => Basic($"{Server["AliceName"]}:{Server["AlicePassword"]}");

    private static async Task<Answer> Login(string? authorization, object body, string version = "v1")
    {
        await Server.ForgetLoginsAsync();
        return await SendAsync(authorization, body, version);
    }

    private static Task<Answer> SendAsync(string? authorization, object body, string version = "v1") =>
        Server.SendAsync(HttpMethod.Post, $"csc/{version}/auth/login", System.Text.Json.JsonSerializer.Serialize(body), authorization);

    private static async Task<(string Access, string Refresh)> RememberedAsync()
    {
        Answer answer = (await Login(Right, new { rememberMe = true })).IsOk();
        return ((string)answer["access_token"]!, (string)answer["refresh_token"]!);
    }

    [Test, Statement(26)]
    public async Task Right_user_gets_an_access_token([Values("v1", "v2")] string version)
    {
        Answer answer = (await Login(Right, new { }, version)).IsOk();
        Assert.That((int)answer["expires_in"]!, Is.Positive);
        Assert.That(answer.Body!["refresh_token"], Is.Null);
        (await V1("credentials/list", new { }, (string)answer["access_token"]!)).IsOk();
    }

    [Test, Statement(27)]
    public async Task Remember_me_gives_a_refresh_token() => Assert.That((await RememberedAsync()).Refresh, Is.Not.Empty);

    [Test, Statement(28)]
    public async Task Wrong_factor_and_unknown_user_are_answered_alike()
    {
        await Server.SignerWillAsync("decline"); // whoever logs in is authenticated by the phone, so this is the wrong factor
        Answer wrong = await Login(Right, new { });
        wrong.IsRefused(error: "authentication_error");
        Assert.That((await Login(Basic("nobody@example.com:x"), new { })).Text, Is.EqualTo(wrong.Text));
    }

    [Test, Statement(29)]
    public async Task Nothing_to_authenticate_with_is_malformed() => (await Login(null, new { })).IsRefused("Malformed authentication parameter.", status: 401);

    [TestCase("Bearer x"), TestCase("Basic %%%"), Statement(30)]
    public async Task Other_headers_are_malformed(string header) => (await Login(header, new { })).IsRefused("Malformed authentication parameter.", status: 401);

    [Test, Statement(31)]
    public async Task Pair_needs_a_colon() => (await Login(Basic("alice"), new { })).IsRefused("Malformed username-password.");

    [Test, Statement(32)]
    public async Task Refresh_token_gives_a_new_access_token()
    {
        Answer answer = (await Login(null, new { refresh_token = (await RememberedAsync()).Refresh })).IsOk();
        (await V1("credentials/list", new { }, (string)answer["access_token"]!)).IsOk();
    }

    [Test, Statement(33)]
    public async Task Bad_refresh_tokens_are_refused()
    {
        (await Login(null, new { refresh_token = 7 })).IsRefused("Invalid string parameter: refresh_token");
        (await Login(null, new { refresh_token = "unknown" })).IsRefused("Invalid refresh_token");
    }

    [Test, Statement(34)]
    public async Task Many_wrong_logins_slow_down_the_right_one()
    {
        await Server.SignerWillAsync("decline");
        Answer answer = await Login(Right, new { });
        for (int i = 0; i < 20 && answer.Status == 400; i++)
            answer = await SendAsync(Right, new { });
        Assert.That((answer.Status, answer.Headers.RetryAfter is not null), Is.EqualTo((429, true)), answer.Text);
        await Server.SignerWillAsync("confirm");
        Assert.That((await SendAsync(Right, new { })).Status, Is.EqualTo(429));
    }

    [Test, Statement(35)]
    public async Task Revoked_access_token_is_dead_at_once([Values("v1", "v2")] string version)
    {
        string token = (string)(await Login(Right, new { })).IsOk()["access_token"]!;
        Answer revoked = await Server.PostAsync($"csc/{version}/auth/revoke", new { token, token_type_hint = "access_token" }, token);
        Assert.That(revoked.IsOk(204).Text, Is.Empty);
        Assert.That((await V1("credentials/list", new { }, token)).Status, Is.EqualTo(401));
    }

    [Test, Statement(36)]
    public async Task Refresh_token_survives_its_access_token()
    {
        (string access, string refresh) = await RememberedAsync();
        (await V1("auth/revoke", new { token = access }, access)).IsOk(204);
        (await Login(null, new { refresh_token = refresh })).IsOk();
    }

    [Test, Statement(37)]
    public async Task Revoked_refresh_token_takes_its_access_tokens_along()
    {
        (string access, string refresh) = await RememberedAsync();
        (await V1("auth/revoke", new { token = refresh, token_type_hint = "refresh_token" }, access)).IsOk(204);
        Assert.That((await V1("credentials/list", new { }, access)).Status, Is.EqualTo(401));
        (await Login(null, new { refresh_token = refresh })).IsRefused("Invalid refresh_token");
    }

    [Test, Statement(38)]
    public async Task Revocation_needs_a_token()
    {
        (await V1("auth/revoke", new { })).IsRefused("Missing (or invalid type) string parameter token");
        (await V1("auth/revoke", new { token = 5 })).IsRefused("Missing (or invalid type) string parameter token");
    }

    [Test, Statement(39)]
    public async Task Revocation_of_nothing_is_refused()
    {
        (await V1("auth/revoke", new { token = "x", token_type_hint = "foo" })).IsRefused("Invalid string parameter token_type_hint");
        (await V1("auth/revoke", new { token = "unknown" })).IsRefused("Invalid string parameter token");
    }

    [Test, Statement(40)]
    public async Task Others_cannot_revoke()
    {
        string token = (string)(await Login(Right, new { })).IsOk()["access_token"]!;
        (await V1("auth/revoke", new { token }, Bob)).IsRefused("Invalid string parameter token");
        (await V1("credentials/list", new { }, token)).IsOk();
    }

    private static readonly string[] Protected =
    [
        "v1/credentials/list", "v1/credentials/info", "v1/credentials/authorize", "v1/credentials/extendTransaction", "v1/signatures/signHash", "v1/signatures/timestamp", "v1/auth/revoke",
        "v2/credentials/list", "v2/credentials/info", "v2/credentials/authorize", "v2/credentials/authorizeCheck", "v2/credentials/extendTransaction", "v2/signatures/signHash",
        "v2/signatures/signDoc", "v2/signatures/signPolling", "v2/signatures/timestamp", "v2/auth/revoke",
    ];

    [TestCaseSource(nameof(Protected)), Statement(41)]
    public async Task Missing_or_other_header_is_an_invalid_request(string method)
    {
        (await Server.SendAsync(HttpMethod.Post, $"csc/{method}", "{}", null)).IsRefused();
        (await Server.SendAsync(HttpMethod.Post, $"csc/{method}", "{}", "Basic YTpi")).IsRefused();
    }

    [TestCaseSource(nameof(Protected)), Statement(42)]
    public async Task Random_token_is_invalid(string method)
    {
        Answer answer = await Server.SendAsync(HttpMethod.Post, $"csc/{method}", "{}", "Bearer deadbeef");
        answer.IsRefused(error: "invalid_token", status: 401);
        Assert.That(answer.Headers.WwwAuthenticate.Select(each => each.Scheme), Does.Contain("Bearer"));
    }

    [TestCaseSource(nameof(Protected)), Statement(43)]
    public async Task Expired_token_is_told_from_an_invalid_one(string method) =>
        (await Server.PostAsync($"csc/{method}", new { }, Server.Controls.Token("service", TimeSpan.FromMinutes(-1)))).IsRefused(error: "expired_token", status: 401);

    [Test, Statement(45)]
    public async Task Other_scopes_send_no_one_time_password()
    {
        foreach (string scope in new[] { "credential", "credential-deletion", "credential-creation" })
        {
            string token = Server.Controls.Token(scope, TimeSpan.FromMinutes(5), ("credential_id", Server["Ec"]), ("transaction", Guid.NewGuid().ToString()));
            Answer answer = await V1("credentials/sendOTP", new { credentialID = Server["Ec"] }, token);
            Assert.That((answer.Status is 401 or 403, answer.Error), Is.EqualTo((true, "access_denied")), answer.Text);
        }
    }

    [TestCaseSource(nameof(Protected)), Statement(44)]
    public async Task Scheme_is_read_without_case(string method)
    {
        Answer lower = await Server.SendAsync(HttpMethod.Post, $"csc/{method}", "{}", $"bearer {Alice}");
        Assert.That(lower.Status, Is.Not.EqualTo(401));
        Assert.That(lower.Text, Is.EqualTo((await Server.SendAsync(HttpMethod.Post, $"csc/{method}", "{}", $"Bearer {Alice}")).Text));
    }
}
