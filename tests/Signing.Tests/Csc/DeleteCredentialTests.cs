using System.Net;
using static Pechat.Signing.Tests.SigningHouse;

namespace Pechat.Signing.Tests.Csc;

[TestFixture]
internal sealed class DeleteCredentialTests
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

    private string Token(Guid credential, Guid? customer = null) => _house.Cluster.Tokens.Issue(customer ?? _house.Alice, "credential-deletion", "app",
        claims: new Dictionary<string, object?> { ["credential_id"] = credential.ToString("D") });

    private Task<Answer> DeleteAsync(object credentialDeletionRequest, string token) => _house.CscAsync("credentials/delete", new { credentialDeletionRequest }, token);

    [Test, Property("Clause", "CSC API reference 11.14 no. 177")]
    public async Task Key_is_destroyed_and_the_credential_unknown_afterwards()
    {
        Guid credential = await _house.CredentialAsync();
        (_, string sad) = await _house.AuthorizedAsync(credential, Digest("late"));
        _house.Module.IsDown = true;
        Assert.That((await DeleteAsync(new { credentialID = credential }, Token(credential))).Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        _house.Module.IsDown = false;
        Answer deleted = await DeleteAsync(new { credentialID = credential }, Token(credential));
        Assert.That((deleted.Status, deleted.MediaType), Is.EqualTo((HttpStatusCode.NoContent, (string?)null)), deleted.Text);
        Assert.That(_house.Module.Destroyed, Does.Contain(credential.ToString()));
        (await _house.CscAsync("credentials/info", new { credentialID = credential })).IsInvalid("Invalid parameter credentialID");
        (await _house.CscAsync("signatures/signHash", SignBody(credential, sad, EcdsaSha256, Digest("late")))).IsInvalid("Invalid parameter credentialID");
        Assert.That((await _house.CscAsync("credentials/list", new { })).Body.GetProperty("credentialIDs").EnumerateArray().Select(each => each.GetGuid()), Does.Not.Contain(credential));
        (await DeleteAsync(new { credentialID = credential }, Token(credential))).IsInvalid("Invalid parameter credentialID");
        Assert.That(_house.Certificates.Revoked, Does.Not.ContainKey(_house.Module.Keys[credential].Certificate.Serial));
    }

    [Test, Property("Clause", "CSC API reference 11.14 no. 178")]
    public async Task Certificate_is_revoked_on_request_with_a_reason()
    {
        Guid credential = await _house.CredentialAsync();
        (await DeleteAsync(new { credentialID = credential, revoke = true }, Token(credential))).IsInvalid("Missing (or invalid type) integer parameter revocationReason");
        foreach (int reason in new[] { -1, 6, 7, 11 })
            (await DeleteAsync(new { credentialID = credential, revoke = true, revocationReason = reason }, Token(credential))).IsInvalid("Invalid parameter revocationReason");
        (await DeleteAsync(new { credentialID = credential, revoke = "yes" }, Token(credential))).IsInvalid("Invalid parameter revoke");
        Assert.That(_house.Module.Destroyed, Does.Not.Contain(credential.ToString()));
        Answer deleted = await DeleteAsync(new { credentialID = credential, revoke = true, revocationReason = 0 }, Token(credential));
        Assert.That(deleted.Status, Is.EqualTo(HttpStatusCode.NoContent), deleted.Text);
        Assert.That(_house.Certificates.Revoked[_house.Module.Keys[credential].Certificate.Serial], Is.Zero);
    }

    [Test, Property("Clause", "CSC API reference 11.14 no. 179")]
    public async Task Token_deletes_only_the_credential_it_names()
    {
        Guid credential = await _house.CredentialAsync(), other = await _house.CredentialAsync(), bobs = await _house.CredentialAsync(_house.Bob);
        Assert.That((await DeleteAsync(new { credentialID = credential }, Token(other))).Status, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That((await DeleteAsync(new { credentialID = credential }, _house.ServiceToken())).Status, Is.EqualTo(HttpStatusCode.Forbidden));
        (await DeleteAsync(new { credentialID = bobs }, Token(bobs))).IsInvalid("Invalid parameter credentialID");
        Assert.That(_house.Module.Destroyed, Has.None.AnyOf(credential.ToString(), other.ToString(), bobs.ToString()));
        (await DeleteAsync(new { }, Token(credential))).IsInvalid("Missing (or invalid type) string parameter credentialID");
        (await _house.CscAsync("credentials/delete", new { }, Token(credential))).IsInvalid("Missing (or invalid type) object parameter credentialDeletionRequest");
    }
}
