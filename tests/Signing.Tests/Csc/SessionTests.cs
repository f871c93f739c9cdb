using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Pechat.Signing.Tests.Csc;

/// <summary>auth/login and auth/revoke; Identity decides, this service reads and answers.</summary>
[TestFixture]
internal sealed class SessionTests
{
    private SigningHouse _house = null!;

    [OneTimeSetUp]
    public async Task Start() => _house = await SigningHouse.StartAsync();

    [OneTimeTearDown]
    public async Task Stop()
    {
        _house.Cluster.Logs.Verify();
        await _house.DisposeAsync();
    }

    private async Task<Answer> LoginAsync(string version, string? authorization, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/csc/{version}/auth/login") { Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json") };
        if (authorization is not null)
            request.Headers.Authorization = AuthenticationHeaderValue.Parse(authorization);
        request.Headers.Add("X-Forwarded-For", "192.0.2.7");
        using HttpResponseMessage response = await _house.Http.SendAsync(request);
        return new Answer(response.StatusCode, JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement, response.Headers, response.Content.Headers.ContentType?.MediaType);
    }

    private static string Basic(string pair) => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(pair));

    [Test, Property("Clause", "CSC API auth/login")]
    public async Task Login_answers_what_the_phone_let_identity_issue([Values("v1", "v2")] string version)
    {
        Answer plain = await LoginAsync(version, Basic("alice@example.com:any:thing"), new { });
        Assert.That(plain.Body.EnumerateObject().Select(each => each.Name), Is.EquivalentTo(new[] { "access_token", "expires_in" }));
        Answer remembered = await LoginAsync(version, Basic("alice@example.com:"), new { rememberMe = true, clientData = "x" });
        Assert.That(remembered.Body.GetProperty("refresh_token").GetString(), Is.EqualTo("refresh-1"));
        Answer refreshed = await LoginAsync(version, null, new { rememberMe = true, refresh_token = "refresh-1" });
        Assert.That(refreshed.Body.GetProperty("access_token").GetString(), Is.EqualTo("access-1"));
        Assert.That(_house.Sessions.Logins.Last(each => each.UserName.Length > 0).UserName, Is.EqualTo("alice@example.com"));
        Assert.That(_house.Sessions.Logins.Last(each => each.UserName.Length > 0).Place, Is.EqualTo("192.0.2.7"));
    }

    [Test, Property("Clause", "CSC API reference 11.3 no. 28-33")]
    public async Task Login_refuses_with_the_texts_of_the_standard()
    {
        async Task Refused(HttpStatusCode status, string error, string text, string? authorization, object body)
        {
            Answer answer = await LoginAsync("v1", authorization, body);
            Assert.That((answer.Status, answer.Error, answer.Description), Is.EqualTo((status, error, text)), answer.Text);
        }

        foreach (string? header in new[] { null, "Bearer x", "Basic %%%", "Basic", "Basic /w==" })
            await Refused(HttpStatusCode.Unauthorized, "invalid_request", "Malformed authentication parameter.", header, new { });
        await Refused(HttpStatusCode.BadRequest, "invalid_request", "Malformed username-password.", Basic("alice"), new { });
        await Refused(HttpStatusCode.BadRequest, "invalid_request", "Malformed username-password.", Basic(":secret"), new { });
        await Refused(HttpStatusCode.BadRequest, "authentication_error", "An error occurred during authentication process", Basic("nobody@example.com:x"), new { });
        await Refused(HttpStatusCode.BadRequest, "invalid_request", "Invalid string parameter: refresh_token", null, new { refresh_token = 7 });
        await Refused(HttpStatusCode.BadRequest, "invalid_request", "Invalid refresh_token", null, new { refresh_token = "unknown" });
        await Refused(HttpStatusCode.BadRequest, "invalid_request", "Invalid parameter rememberMe", Basic("alice@example.com:"), new { rememberMe = "yes" });
    }

    [Test, Property("Clause", "CSC API reference 11.3 no. 35, 38, 39, 40")]
    public async Task Revocation_is_asked_for_the_bearer_who_asks([Values("v1", "v2")] string version)
    {
        Task<Answer> RevokeAsync(object body) => _house.SendAsync(HttpMethod.Post, $"/csc/{version}/auth/revoke", JsonSerializer.Serialize(body), _house.ServiceToken());
        Answer revoked = await RevokeAsync(new { token = "access-1", token_type_hint = "access_token" });
        Assert.That((revoked.Status, revoked.MediaType), Is.EqualTo((HttpStatusCode.NoContent, (string?)null)));
        Assert.That((_house.Sessions.Revoked.Last().CustomerId, _house.Sessions.Revoked.Last().ClientId), Is.EqualTo((_house.Alice.ToString(), "app")));
        (await RevokeAsync(new { })).IsInvalid("Missing (or invalid type) string parameter token");
        (await RevokeAsync(new { token = 5 })).IsInvalid("Missing (or invalid type) string parameter token");
        (await RevokeAsync(new { token = "access-1", token_type_hint = "foo" })).IsInvalid("Invalid string parameter token_type_hint");
        (await RevokeAsync(new { token = "unknown" })).IsInvalid("Invalid string parameter token");
        Assert.That((await _house.SendAsync(HttpMethod.Post, $"/csc/{version}/auth/revoke", "{}", null)).Status, Is.EqualTo(HttpStatusCode.BadRequest));
    }
}
