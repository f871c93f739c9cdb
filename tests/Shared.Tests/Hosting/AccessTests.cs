using System.Net;
using Pechat.Testing;

namespace Pechat.Shared.Tests.Hosting;

public sealed class AccessTests : HostingFixture
{
    private static readonly Guid Customer = Guid.NewGuid();

    private TestTokens Tokens => Cluster.Tokens;

    [Test]
    public async Task A_valid_token_says_who_calls()
    {
        Guid device = Guid.NewGuid();
        var (status, body) = await GetAsync("/me", Tokens.Issue(Customer, "openid device", "authenticator", device));
        Assert.That(status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((body.GetProperty("customer").GetGuid(), body.GetProperty("client").GetString(), body.GetProperty("device").GetGuid()),
            Is.EqualTo((Customer, "authenticator", device)));
    }

    [Test]
    public async Task Another_scope_is_403_and_a_client_is_no_customer()
    {
        Assert.That(await ProblemAsync("/me", Tokens.Issue(Customer, "service")), Is.EqualTo((403, "insufficient_scope")));
        Assert.That(await ProblemAsync("/me", Tokens.Issue("some-bank", "portal")), Is.EqualTo((403, "access_denied")));
    }

    [Test]
    public async Task Forged_expired_and_foreign_tokens_are_401()
    {
        string good = Tokens.Issue(Customer, "portal");
        string[] parts = good.Split('.');
        string none = Base64Url("""{"alg":"none","kid":"x"}""") + "." + parts[1] + ".";
        foreach (string bad in new[]
        {
            "nonsense", "a.b.c", none, parts[0] + "." + Base64Url("""{"sub":"x","scope":"portal"}""") + "." + parts[2], good[..^8] + "AAAAAAAA",
            Tokens.Issue(Customer, "portal", lifetime: TimeSpan.FromSeconds(-1)),
            Tokens.Issue(Customer, "portal", claims: new Dictionary<string, object?> { ["iss"] = "https://other" }),
            Tokens.Issue(Customer, "portal", claims: new Dictionary<string, object?> { ["aud"] = "authenticator" }),
            Tokens.Issue(Customer, "portal", claims: new Dictionary<string, object?> { ["exp"] = null }),
            new string('a', 10_000),
        })
            Assert.That(await ProblemAsync("/me", bad), Is.EqualTo((401, "invalid_token")), bad);
    }

    [Test]
    public async Task A_cached_token_still_expires()
    {
        string token = Tokens.Issue(Customer, "portal");
        Assert.That((await GetAsync("/me", token)).Status, Is.EqualTo(HttpStatusCode.OK));
        Cluster.Clock.Advance(TimeSpan.FromHours(2));
        Assert.That(await ProblemAsync("/me", token), Is.EqualTo((401, "invalid_token")));
    }

    [Test, Property("Clause", "CSC API v2 §8.5")]
    public async Task On_the_csc_surface_a_missing_header_is_400_and_an_expired_token_has_its_own_code()
    {
        var (missing, body) = await GetAsync("/csc/v2/me");
        Assert.That(((int)missing, body.GetProperty("error").GetString(), body.GetProperty("error_description").GetString()),
            Is.EqualTo((400, "invalid_request", "Malformed authorization header")));
        var (expired, why) = await GetAsync("/csc/v2/me", Tokens.Issue(Customer, "service", lifetime: TimeSpan.FromSeconds(-1)));
        Assert.That(((int)expired, why.GetProperty("error").GetString()), Is.EqualTo((401, "expired_token")));
    }

    [Test]
    public async Task A_new_key_is_read_when_a_token_names_it_but_unknown_keys_do_not_flood_identity()
    {
        await GetAsync("/me", Tokens.Issue(Customer, "portal"));
        Tokens.Rotate();
        Cluster.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.That((await GetAsync("/me", Tokens.Issue(Customer, "portal"))).Status, Is.EqualTo(HttpStatusCode.OK));
        int reads = Tokens.Reads;
        string stranger = Base64Url("""{"alg":"ES256","kid":"stranger"}""") + "." + Base64Url("{}") + ".AAAA";
        for (int i = 0; i < 20; i++)
            await ProblemAsync("/me", stranger);
        Assert.That(Tokens.Reads - reads, Is.LessThanOrEqualTo(1));
    }

    [Test]
    public async Task No_token_is_logged()
    {
        string token = Tokens.Issue(Customer, "service");
        await GetAsync("/me", token);
        Cluster.Logs.VerifyNeverLogged(token.Split('.')[2]);
    }

    private async Task<(int, string?)> ProblemAsync(string path, string token)
    {
        var (status, body) = await GetAsync(path, token);
        return ((int)status, body.GetProperty("code").GetString());
    }

    private static string Base64Url(string text) => System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(text));
}
