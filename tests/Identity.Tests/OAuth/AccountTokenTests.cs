using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Pechat.Identity.OAuth;

namespace Pechat.Identity.Tests.OAuth;

internal sealed class AccountTokenTests : OAuthTestBase
{
    private string Token(string account, string azp = "app", long? iat = null, string alg = "HS256", string? jti = null, string secret = IdentityFixture.Secret)
    {
        string Part(object value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
        string input = Part(new { typ = "JWT", alg }) + "." + Part(new { sub = account, iat = iat ?? Identity.Now, jti = jti ?? Guid.NewGuid().ToString(), iss = "Example", azp });
        byte[] key = SHA256.HashData(Encoding.UTF8.GetBytes(secret));
        return alg == "none" ? input + "." : input + "." + Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(input)));
    }

    private async Task<HttpStatusCode> Link(string account, string access)
    {
        using HttpClient client = Identity.Cluster.Client(Identity.Service, accessToken: access);
        return (await client.PutAsync($"/identity/v1/accounts/{account}", null)).StatusCode;
    }

    private async Task<string> Linked()
    {
        string account = $"acct-{Guid.NewGuid():N}";
        string access = (await Json(await Redeem(await Code()))).GetProperty("access_token").GetString()!;
        Assert.That(await Link(account, access), Is.EqualTo(HttpStatusCode.NoContent));
        return account;
    }

    [Test]
    public void The_published_vector_is_read() // CSC API reference §6.8
    {
        const string vector = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhY2N0LTQ3MTEiLCJpYXQiOjE3NjcyMjU2MDAsImp0aSI6IjlkMGMxZjJlLTEiLCJpc3MiOiJFeGFtcGxlIFNpZ25pbmcgQXBwIiwiYXpwIjoiYXBwLTEifQ.supHs-5vhoGh2akf6xkoyySn9CYB0GcCb5PI5wOBk_0";
        byte[] key = SHA256.HashData(Encoding.ASCII.GetBytes("example-secret-0001"));
        Assert.That(Convert.ToHexStringLower(key), Is.EqualTo("a853ea0b38e36dba027e9dd1f6344de34e40262659c41c716032e409f2cf6681"));
        var issued = DateTimeOffset.FromUnixTimeSeconds(1767225600);
        Assert.That(AccountTokens.Read(vector, "app-1", key, issued.AddMinutes(4)), Is.EqualTo(new AccountTokens.Claims("acct-4711", "9d0c1f2e-1", issued)));
        Assert.That(AccountTokens.Read(vector, "app-2", key, issued), Is.Null);
        Assert.That(AccountTokens.Read(vector, "app-1", SHA256.HashData("x"u8), issued), Is.Null);
        Assert.That(AccountTokens.Read(vector, "app-1", key, issued.AddMinutes(6)), Is.Null);
    }

    [Test]
    public async Task The_customer_whom_the_account_is_linked_to_logs_in_and_nobody_else() // 171
    {
        string account = await Linked();
        string url = Url(Ask("app", ("account_token", Token(account))));
        Assert.That((await Identity.GetAsync(url)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        var login = await Start(url);
        await Phone.DecideAsync(login.Id, "confirm");
        Assert.That(Parameters(await Look(login)), Contains.Key("code"));

        using Phone other = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());
        var stranger = await Start(Url(Ask("app", ("account_token", Token(account)))), other.Email);
        await other.DecideAsync(stranger.Id, "confirm");
        Assert.That(Parameters(await Look(stranger))["error"], Is.EqualTo("access_denied"));
    }

    [Test]
    public async Task An_account_token_counts_once() // 171
    {
        string url = Url(Ask("app", ("account_token", Token(await Linked()))));
        await Start(url);
        Assert.That(Parameters(await Identity.GetAsync(url))["error"], Is.EqualTo("access_denied"));
        Assert.That(Parameters(await Identity.FormAsync(url, new() { ["identifier"] = Phone.Email }))["error"], Is.EqualTo("access_denied"));
    }

    [Test]
    public async Task An_account_token_that_is_not_in_order_is_denied() // 171
    {
        string account = await Linked();
        string[] wrong =
        [
            Token(account, azp: "rival"), Token(account, iat: Identity.Now - 301), Token(account, iat: Identity.Now + 301), Token(account, iat: long.MaxValue),
            Token(account, alg: "none"), Token(account, alg: "HS512"), Token(account, secret: "wrong"), Token("acct-unknown"), Token(account, jti: ""), "x", "..", "a.b.c",
        ];
        foreach (string token in wrong)
            Assert.That(Parameters(await Identity.GetAsync(Url(Ask("app", ("account_token", token)))))["error"], Is.EqualTo("access_denied"), token);
        Dictionary<string, string?> form = Ask("app", ("account_token", "x")).ToDictionary(f => f.Key, f => (string?)f.Value);
        await Refused(await Post("/oauth2/pushed_authorize", "app", form), HttpStatusCode.BadRequest, "access_denied");
    }

    [Test]
    public async Task An_account_is_not_taken_over_by_another_customer()
    {
        string account = await Linked();
        using Phone other = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());
        var login = await Start(Url(Ask()), other.Email);
        await other.DecideAsync(login.Id, "confirm");
        string access = (await Json(await Redeem(Parameters(await Look(login))["code"]))).GetProperty("access_token").GetString()!;
        Assert.That(await Link(account, access), Is.EqualTo(HttpStatusCode.Conflict));
        Assert.That(await Link("their-own", access), Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(await Link("their-own", access), Is.EqualTo(HttpStatusCode.NoContent), "again changes nothing");
    }
}
