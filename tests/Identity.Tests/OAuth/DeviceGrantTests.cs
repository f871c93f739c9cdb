using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Pechat.Hosting.Jose;
using Pechat.Testing;

namespace Pechat.Identity.Tests.OAuth;

internal sealed class DeviceGrantTests : IdentityTestBase
{
    private Phone _phone = null!;

    [OneTimeSetUp]
    public async Task Enrol() => _phone = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());

    [OneTimeTearDown]
    public void Free() => _phone.Dispose();

    [Test]
    public async Task An_assertion_by_the_devices_key_gives_a_token_bound_to_it()
    {
        HttpResponseMessage answer = await _phone.AskForTokenAsync();
        Assert.That(answer.Headers.CacheControl!.NoStore, Is.True);
        JsonElement token = await Phone.Json(answer);
        Assert.That(token.GetProperty("token_type").GetString(), Is.EqualTo("Bearer"));
        string access = token.GetProperty("access_token").GetString()!;
        JsonElement claims = Tokens.Payload(access);
        Assert.That(claims.GetProperty("iss").GetString(), Is.EqualTo(TestTokens.Issuer));
        Assert.That(claims.GetProperty("aud").GetString(), Is.EqualTo("pechat"));
        Assert.That(claims.GetProperty("sub").GetGuid(), Is.EqualTo(_phone.CustomerId));
        Assert.That(claims.GetProperty("device_id").GetGuid(), Is.EqualTo(_phone.DeviceId));
        Assert.That(claims.GetProperty("cnf").GetProperty("jkt").GetString(), Is.EqualTo(EcPublicKey.From(_phone.Key).Thumbprint));
        Assert.That(claims.GetProperty("scope").GetString(), Is.EqualTo("device"));
        Assert.That(claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64(), Is.EqualTo(600));
        Assert.That(Tokens.Header(access).GetProperty("typ").GetString(), Is.EqualTo("at+jwt"));
    }

    [Test]
    public async Task An_assertion_works_once()
    {
        string assertion = _phone.Assertion();
        await Phone.Json(await _phone.AskForTokenAsync(assertion));
        await Refused(await _phone.AskForTokenAsync(assertion), HttpStatusCode.BadRequest, "invalid_grant");
    }

    [Test]
    public async Task An_assertion_for_another_audience_or_time_or_by_another_key_is_refused()
    {
        using ECDsa stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        foreach (string assertion in new[]
        {
            _phone.Assertion(audience: "https://elsewhere.example/oauth2/token"), _phone.Assertion(expires: Identity.Now - 1), _phone.Assertion(expires: Identity.Now + 3600),
            _phone.Assertion(key: stranger), _phone.Assertion(jti: ""), "", "a.b.c", Unsigned(),
        })
            await Refused(await _phone.AskForTokenAsync(assertion), HttpStatusCode.BadRequest, assertion.Length == 0 ? "invalid_request" : "invalid_grant");
    }

    private string Unsigned()
    {
        string[] parts = _phone.Assertion().Split('.');
        return System.Buffers.Text.Base64Url.EncodeToString("{\"alg\":\"none\"}"u8) + "." + parts[1] + "." + parts[2];
    }
}
