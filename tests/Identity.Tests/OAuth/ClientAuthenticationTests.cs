using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Pechat.Testing;

namespace Pechat.Identity.Tests.OAuth;

internal sealed class ClientAuthenticationTests : IdentityTestBase
{
    private const string AssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    [SetUp]
    public void NextWindow() => Identity.Cluster.Clock.Advance(TimeSpan.FromMinutes(21)); // locks and counts start anew

    private Task<HttpResponseMessage> Assert_(string assertion, string? type = AssertionType, params (string Name, string Value)[] more)
    {
        var form = new Dictionary<string, string> { ["grant_type"] = "client_credentials", ["client_assertion"] = assertion };
        if (type is not null)
            form["client_assertion_type"] = type;
        foreach (var (name, value) in more)
            form[name] = value;
        return Identity.FormAsync("/oauth2/token", form);
    }

    private Task<HttpResponseMessage> With(string claim, object? value)
    {
        Dictionary<string, object> claims = ClientKey.Claims(Identity.Now);
        if (value is null)
            claims.Remove(claim);
        else
            claims[claim] = value;
        return Assert_(ClientKey.Sign(claims));
    }

    [Test]
    public async Task A_client_authenticates_by_an_assertion_of_its_key_once() // RFC 7523
    {
        string assertion = ClientKey.Sign(ClientKey.Claims(Identity.Now));
        JsonElement token = await Phone.Json(await Assert_(assertion));
        Assert.That(Tokens.Payload(token.GetProperty("access_token").GetString()!).GetProperty("sub").GetString(), Is.EqualTo("keyed"));
        await Refused(await Assert_(assertion), HttpStatusCode.Unauthorized, "invalid_client");
    }

    [Test]
    public async Task An_assertion_shown_many_times_at_once_counts_once()
    {
        string assertion = ClientKey.Sign(ClientKey.Claims(Identity.Now));
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Assert_(assertion)));
        Assert.That(answers.Count(a => a.IsSuccessStatusCode), Is.EqualTo(1));
    }

    [TestCase("aud", "https://other.example")]
    [TestCase("iss", "app")]
    [TestCase("sub", "app")]
    [TestCase("jti", null)]
    [TestCase("exp", null)]
    public async Task An_assertion_with_another_claim_is_refused(string claim, object? value) =>
        await Refused(await With(claim, value), HttpStatusCode.Unauthorized, "invalid_client");

    [Test]
    public async Task An_assertion_must_be_fresh()
    {
        await Refused(await With("exp", Identity.Now), HttpStatusCode.Unauthorized, "invalid_client");
        await Refused(await With("exp", Identity.Now + 3600), HttpStatusCode.Unauthorized, "invalid_client");
        await Refused(await With("iat", Identity.Now + 300), HttpStatusCode.Unauthorized, "invalid_client");
        await Refused(await With("nbf", Identity.Now + 300), HttpStatusCode.Unauthorized, "invalid_client");
    }

    [Test]
    public async Task An_assertion_by_another_key_or_by_none_is_refused()
    {
        Dictionary<string, object> claims = ClientKey.Claims(Identity.Now);
        using ECDsa stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await Refused(await Assert_(ClientKey.Sign(claims, stranger)), HttpStatusCode.Unauthorized, "invalid_client");
        string body = ClientKey.Sign(claims).Split('.')[1];
        string none = Convert.ToBase64String(Encoding.ASCII.GetBytes("""{"alg":"none"}""")).TrimEnd('=');
        await Refused(await Assert_($"{none}.{body}."), HttpStatusCode.Unauthorized, "invalid_client");
        await Refused(await Assert_("x"), HttpStatusCode.Unauthorized, "invalid_client");
        await Refused(await Assert_(ClientKey.Sign(claims), "urn:other"), HttpStatusCode.Unauthorized, "invalid_client");
        await Refused(await Assert_(ClientKey.Sign(claims), null), HttpStatusCode.Unauthorized, "invalid_client");
    }

    [Test]
    public async Task A_client_with_a_key_is_not_let_in_without_an_assertion()
    {
        var form = new Dictionary<string, string> { ["grant_type"] = "client_credentials", ["client_id"] = "keyed" };
        await Refused(await Identity.FormAsync("/oauth2/token", form), HttpStatusCode.Unauthorized, "invalid_client");
        form["client_secret"] = "";
        await Refused(await Identity.FormAsync("/oauth2/token", form), HttpStatusCode.Unauthorized, "invalid_client");
    }

    [Test]
    public async Task One_way_at_a_time()
    {
        string assertion = ClientKey.Sign(ClientKey.Claims(Identity.Now));
        await Refused(await Assert_(assertion, more: ("client_secret", "x")), HttpStatusCode.BadRequest, "invalid_request");
        await Refused(await Assert_(assertion, more: ("client_id", "app")), HttpStatusCode.BadRequest, "invalid_request");
        Assert.That((await Assert_(assertion, more: ("client_id", "keyed"))).StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Too_many_wrong_secrets_lock_that_client_out_at_that_address_only() // D-23
    {
        Task<HttpResponseMessage> From(string place, string secret, string client = "bank") => SendAsync(place, client, secret);
        for (int i = 0; i < 10; i++)
            await Refused(await From("192.0.2.1", "wrong"), HttpStatusCode.Unauthorized, "invalid_client");
        HttpResponseMessage locked = await From("192.0.2.1", IdentityFixture.Secret);
        await Refused(locked, HttpStatusCode.TooManyRequests, "too_many_requests");
        Assert.That(locked.Headers.RetryAfter!.Delta, Is.GreaterThan(TimeSpan.FromMinutes(9)).And.LessThanOrEqualTo(TimeSpan.FromMinutes(10)));
        Assert.That((await From("192.0.2.2", IdentityFixture.Secret)).StatusCode, Is.EqualTo(HttpStatusCode.OK), "the client itself works elsewhere");
        Assert.That((await From("192.0.2.1", IdentityFixture.Secret, "app")).StatusCode, Is.EqualTo(HttpStatusCode.BadRequest), "another client is known there");
        Identity.Cluster.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.That((await From("192.0.2.1", IdentityFixture.Secret)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Guessing_names_of_clients_is_counted_as_well()
    {
        for (int i = 0; i < 10; i++)
            await Refused(await SendAsync("192.0.2.3", $"guess-{i}", "x"), HttpStatusCode.Unauthorized, "invalid_client");
        await Refused(await SendAsync("192.0.2.3", "guess-11", "x"), HttpStatusCode.TooManyRequests, "too_many_requests");
    }

    [Test]
    public async Task The_metadata_name_the_ways_and_the_endpoints()
    {
        JsonElement metadata = await Phone.Json(await Identity.GetAsync("/.well-known/oauth-authorization-server"));
        string[] ways = [.. metadata.GetProperty("token_endpoint_auth_methods_supported").EnumerateArray().Select(m => m.GetString()!)];
        Assert.That(ways, Is.EquivalentTo(new[] { "client_secret_basic", "client_secret_post", "private_key_jwt", "none" }));
        Assert.That(metadata.GetProperty("revocation_endpoint").GetString(), Is.EqualTo(TestTokens.Issuer + "/oauth2/revoke"));
        Assert.That(metadata.GetProperty("introspection_endpoint").GetString(), Is.EqualTo(TestTokens.Issuer + "/oauth2/introspect"));
    }

    private async Task<HttpResponseMessage> SendAsync(string place, string client, string secret)
    {
        using HttpClient gateway = Identity.Cluster.Client(Identity.Service);
        gateway.DefaultRequestHeaders.Add("X-Forwarded-For", place);
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "client_credentials", ["client_id"] = client, ["client_secret"] = secret });
        return await gateway.PostAsync("/oauth2/token", form);
    }
}
