using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Pechat.Testing;

namespace Pechat.Identity.Tests.OAuth;

internal sealed class TokenEndpointTests : IdentityTestBase
{
    private static Dictionary<string, string> Form(params (string, string)[] fields) => fields.ToDictionary(f => f.Item1, f => f.Item2);

    private static readonly (string, string) Grant = ("grant_type", "client_credentials");

    [Test]
    public async Task A_client_gets_a_token_by_either_kind_of_authentication() // CSC 11.13, 168 and 173
    {
        foreach (HttpResponseMessage answer in new[]
        {
            await Identity.FormAsync("/oauth2/token", Form(Grant, ("client_id", "bank"), ("client_secret", IdentityFixture.Secret), ("scope", "service"))),
            await Identity.FormAsync("/oauth2/token", Form(Grant), "bank:" + IdentityFixture.Secret),
        })
        {
            JsonElement token = await Phone.Json(answer);
            Assert.That(token.GetProperty("expires_in").GetInt32(), Is.EqualTo(3600));
            JsonElement claims = Tokens.Payload(token.GetProperty("access_token").GetString()!);
            Assert.That(claims.GetProperty("sub").GetString(), Is.EqualTo("bank"));
            Assert.That(claims.GetProperty("scope").GetString(), Is.EqualTo("service"));
        }
    }

    [TestCase("bank", "wrong", HttpStatusCode.Unauthorized, "invalid_client")]
    [TestCase("bank", null, HttpStatusCode.Unauthorized, "invalid_client")]
    [TestCase("nobody", "wrong", HttpStatusCode.Unauthorized, "invalid_client")]
    [TestCase("authenticator", "wrong", HttpStatusCode.Unauthorized, "invalid_client")]
    [TestCase("authenticator", null, HttpStatusCode.BadRequest, "unauthorized_client")]
    [TestCase("portal", IdentityFixture.Secret, HttpStatusCode.BadRequest, "unauthorized_client")]
    public async Task Whoever_may_not_is_refused(string id, string? secret, HttpStatusCode status, string code)
    {
        Dictionary<string, string> form = Form(Grant, ("client_id", id));
        if (secret is not null)
            form["client_secret"] = secret;
        await Refused(await Identity.FormAsync("/oauth2/token", form), status, code);
    }

    [Test]
    public async Task Two_ways_of_authentication_at_once_are_refused() => await Refused(
        await Identity.FormAsync("/oauth2/token", Form(Grant, ("client_secret", IdentityFixture.Secret)), "bank:" + IdentityFixture.Secret), HttpStatusCode.BadRequest, "invalid_request");

    [TestCase("Basic !!!")]
    [TestCase("Bearer abc")]
    public async Task A_malformed_authorization_header_is_invalid_client(string header)
    {
        using HttpClient client = Identity.Cluster.Client(Identity.Service);
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", header);
        using var content = new FormUrlEncodedContent(Form(Grant));
        HttpResponseMessage answer = await client.PostAsync("/oauth2/token", content);
        await Refused(answer, HttpStatusCode.Unauthorized, "invalid_client");
        Assert.That(answer.Headers.WwwAuthenticate.ToString(), Does.StartWith("Basic"));
    }

    [TestCase("grant_type=client_credentials&client_id=bank&client_secret=x&client_id=bank", "invalid_request")]
    [TestCase("grant_type=password&client_id=bank", "unsupported_grant_type")]
    [TestCase("client_id=bank", "invalid_request")]
    [TestCase("grant_type=client_credentials", "invalid_request")]
    public async Task A_malformed_request_is_refused(string body, string code)
    {
        using HttpClient client = Identity.Cluster.Client(Identity.Service);
        using var content = new StringContent(body, Encoding.ASCII, "application/x-www-form-urlencoded");
        await Refused(await client.PostAsync("/oauth2/token", content), HttpStatusCode.BadRequest, code);
    }

    [TestCase("credential")]
    [TestCase("device")]
    [TestCase("service portal")]
    public async Task Client_credentials_give_the_scope_service_only(string scope) => await Refused(
        await Identity.FormAsync("/oauth2/token", Form(Grant, ("scope", scope)), "bank:" + IdentityFixture.Secret), HttpStatusCode.BadRequest, "invalid_scope");

    [Test]
    public async Task Tokens_verify_under_the_published_keys_and_both_keys_are_published()
    {
        var keys = new JsonWebKeySet(await (await Identity.GetAsync("/oauth2/jwks")).Content.ReadAsStringAsync());
        Assert.That(keys.Keys, Has.Count.EqualTo(2));
        Assert.That(keys.Keys.All(k => k.D is null && k.Use == "sig" && k.Alg == "ES256"), Is.True);
        JsonElement token = await Phone.Json(await Identity.FormAsync("/oauth2/token", Form(Grant), "bank:" + IdentityFixture.Secret));
        TokenValidationResult result = await new JsonWebTokenHandler().ValidateTokenAsync(token.GetProperty("access_token").GetString(), new()
        {
            IssuerSigningKeys = keys.GetSigningKeys(), ValidIssuer = TestTokens.Issuer, ValidAudience = "pechat", ValidTypes = ["at+jwt"], ValidateLifetime = false,
        });
        Assert.That(result.IsValid, Is.True, result.Exception?.Message);
    }

    [TestCase("/.well-known/openid-configuration")]
    [TestCase("/.well-known/oauth-authorization-server")]
    public async Task The_metadata_name_their_own_base(string path) // CSC 11.13, 174
    {
        JsonElement metadata = await Phone.Json(await Identity.GetAsync(path));
        Assert.That(metadata.GetProperty("issuer").GetString(), Is.EqualTo(TestTokens.Issuer));
        Assert.That(metadata.GetProperty("token_endpoint").GetString(), Is.EqualTo(TestTokens.Issuer + "/oauth2/token"));
        Assert.That(metadata.GetProperty("code_challenge_methods_supported").EnumerateArray().Select(m => m.GetString()), Is.EqualTo(new[] { "S256" }));
    }
}
