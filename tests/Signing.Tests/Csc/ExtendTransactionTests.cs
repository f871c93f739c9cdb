using System.Net;
using System.Text.Json.Nodes;
using static Pechat.Signing.Tests.SigningHouse;

namespace Pechat.Signing.Tests.Csc;

[TestFixture]
internal sealed class ExtendTransactionTests : WithCredential
{
    [TearDown]
    public void Restore() => _house.Module.AfterRenew = null;

    private Task<Answer> ExtendAsync(string? sad, string? token, params byte[][] digests)
    {
        JsonObject body = AuthorizeBody(_credential, digests);
        body.Remove("numSignatures");
        if (sad is not null)
            body["SAD"] = sad;
        return _house.CscAsync("credentials/extendTransaction", body, token);
    }

    private Task<Answer> SignAsync(string sad, params byte[][] digests) => _house.CscAsync("signatures/signHash", SignBody(_credential, sad, EcdsaSha256, digests));

    [Test, Property("Clause", "CSC API reference 11.8 no. 92, 93")]
    public async Task New_sad_signs_what_is_left_and_the_old_one_nothing()
    {
        (Guid id, string first) = await _house.AuthorizedAsync(_credential, Digest("a"), Digest("b"));
        Assert.That((await SignAsync(first, Digest("a"))).Status, Is.EqualTo(HttpStatusCode.OK));
        Answer extended = await ExtendAsync(first, null, Digest("b"));
        Assert.That(extended.Status, Is.EqualTo(HttpStatusCode.OK), extended.Text);
        string second = extended.Body.GetProperty("SAD").GetString()!;
        Assert.That(second, Is.Not.EqualTo(first));
        Assert.That(extended.Body.GetProperty("expiresIn").GetInt32(), Is.InRange(290, 300));
        (await SignAsync(first, Digest("b"))).IsInvalid("Invalid parameter SAD");
        (await ExtendAsync(first, null, Digest("b"))).IsInvalid("Invalid parameter SAD");
        Assert.That(await _house.SadAsync(id), Is.EqualTo(second), "whoever lost the answer asks authorizeCheck");
        Assert.That((await SignAsync(second, Digest("b"))).Status, Is.EqualTo(HttpStatusCode.OK));
        (await SignAsync(second, Digest("b"))).IsInvalid("Invalid parameter SAD");
    }

    [Test, Property("Clause", "CSC API reference 11.8 no. 94, 95")]
    public async Task Refusals_have_the_texts_of_the_standard()
    {
        (_, string sad) = await _house.AuthorizedAsync(_credential, Digest("texts"));
        (await ExtendAsync(sad, null, Digest("another"))).IsInvalid("Hash is not authorized by the SAD.");
        (await ExtendAsync(sad, null, Digest("texts"), Digest("texts"))).IsInvalid("Hash is not authorized by the SAD.");
        (await ExtendAsync("nonsense", null, Digest("texts"))).IsInvalid("Invalid parameter SAD");
        (await ExtendAsync(null, null, Digest("texts"))).IsInvalid("Missing (or invalid type) string parameter SAD");
        (await ExtendAsync(sad, _house.ServiceToken(client: "other-app"), Digest("texts"))).IsInvalid("Invalid parameter SAD");
        (await ExtendAsync(sad, _house.ServiceToken(_house.Bob), Digest("texts"))).IsInvalid("Invalid parameter credentialID");
        (await _house.CscAsync("credentials/extendTransaction", new { SAD = sad })).IsInvalid("Missing (or invalid type) string parameter credentialID");
        (await _house.CscAsync("credentials/extendTransaction", new { credentialID = _credential, SAD = sad })).IsInvalid("Missing (or invalid type) array parameter hashes");
        (await _house.V1Async("credentials/extendTransaction", new { credentialID = _credential, SAD = sad })).IsInvalid("Missing (or invalid type) array parameter hash");
        _house.Clock.Advance(TimeSpan.FromMinutes(6));
        (await ExtendAsync(sad, null, Digest("texts"))).IsInvalid("SAD expired");
    }

    [Test, Property("Clause", "CSC API reference D-16")]
    public async Task Credential_token_extends_its_own_authorisation()
    {
        (Guid id, string sad) = await _house.AuthorizedAsync(_credential, Digest("token"));
        Answer extended = await ExtendAsync(null, _house.CredentialToken(_credential, id), Digest("token"));
        Assert.That(extended.Status, Is.EqualTo(HttpStatusCode.OK), extended.Text);
        (await SignAsync(sad, Digest("token"))).IsInvalid("Invalid parameter SAD");
        JsonObject body = SignBody(_credential, "", EcdsaSha256, Digest("token"));
        body.Remove("SAD");
        Assert.That((await _house.CscAsync("signatures/signHash", body, _house.CredentialToken(_credential, id))).Status, Is.EqualTo(HttpStatusCode.OK),
            "the token stands for the newest SAD");
    }

    [Test]
    public async Task Crash_between_module_and_database_is_healed_by_the_next_call()
    {
        (_, string sad) = await _house.AuthorizedAsync(_credential, Digest("crash"));
        _house.Module.AfterRenew = () => throw Contracts.FaultException.Unavailable("temporarily_unavailable", "the answer was lost");
        Assert.That((await ExtendAsync(sad, null, Digest("crash"))).Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        _house.Module.AfterRenew = null;
        Answer extended = await ExtendAsync(sad, null, Digest("crash"));
        Assert.That(extended.Status, Is.EqualTo(HttpStatusCode.OK), extended.Text);
        Assert.That((await SignAsync(extended.Body.GetProperty("SAD").GetString()!, Digest("crash"))).Status, Is.EqualTo(HttpStatusCode.OK));
    }
}
