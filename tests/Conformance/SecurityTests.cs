using System.Text.Json.Nodes;

namespace Pechat.Conformance.Tests;

/// <summary>Checklist 11.14 and 11.15, as far as they can be seen from outside.</summary>
internal sealed class SecurityTests : Suite
{
    [Test, Statement(176)]
    public async Task Service_token_creates_nothing() => Assert.That((await V2("credentials/create", new { credentialCreationRequest = new { } })).Status, Is.AnyOf(401, 403, 501));

    [Test, Statement(179)]
    public async Task Tokens_for_something_else_delete_nothing()
    {
        Assert.That((await V2("credentials/delete", new { credentialDeletionRequest = new { credentialID = Server["Ec"] } })).Status, Is.AnyOf(401, 403));
        string another = Server.Controls.Token("credential-deletion", TimeSpan.FromMinutes(5), ("credential_id", Server["Rsa"]));
        Assert.That((await V2("credentials/delete", new { credentialDeletionRequest = new { credentialID = Server["Ec"] } }, another)).Status, Is.AnyOf(400, 401, 403));
        (await V2("credentials/info", new { credentialID = Server["Ec"] })).IsOk();
    }

    [Test, Statement(178), Order(1)]
    public async Task Deletion_with_revocation_needs_a_reason()
    {
        string token = Server.Controls.Token("credential-deletion", TimeSpan.FromMinutes(5), ("credential_id", Server["ToDelete"]));
        Task<Answer> Delete(object request) => V2("credentials/delete", new { credentialDeletionRequest = request }, token);
        (await Delete(new { credentialID = Server["ToDelete"], revoke = true })).IsRefused();
        (await Delete(new { credentialID = Server["ToDelete"], revoke = true, revocationReason = 7 })).IsRefused();
        (await Delete(new { credentialID = Server["ToDelete"], revoke = true, revocationReason = 11 })).IsRefused();
    }

    [Test, Statement(177), Order(2)] // after the refusals
    public async Task Deleted_credential_is_unknown()
    {
        string id = Server["ToDelete"], token = Server.Controls.Token("credential-deletion", TimeSpan.FromMinutes(5), ("credential_id", id));
        (await V2("credentials/delete", new { credentialDeletionRequest = new { credentialID = id, revoke = true, revocationReason = 0 } }, token)).IsOk(204);
        (await V2("credentials/info", new { credentialID = id })).IsRefused("Invalid parameter credentialID");
    }

    [Test, Statement(180)]
    public async Task Authorisation_and_its_budget_survive_a_restart()
    {
        string sad = await Server.SadAsync(Server["Ec"], [H("before"), H("after")]);
        Task<Answer> Sign(string word) => V2("signatures/signHash", Target.SignBody(Server["Ec"], sad, Target.EcdsaSha256, H(word)));
        (await Sign("before")).IsOk();
        await Server.Controls.RestartAsync();
        (await Sign("before")).IsRefused();
        Answer answer = await Sign("after");
        for (int i = 0; i < 600 && answer.Status == 503; i++)
        {
            await Task.Delay(100);
            answer = await Sign("after");
        }
        answer.IsOk();
        (await Sign("after")).IsRefused();
    }

    [Test, Statement(182)]
    public async Task Changed_sad_is_unknown()
    {
        string sad = await Server.SadAsync(Server["Ec"], [H("bits")]);
        for (int i = 0; i < sad.Length; i += 7)
        {
            string changed = sad[..i] + (sad[i] == 'A' ? 'B' : 'A') + sad[(i + 1)..];
            (await V2("signatures/signHash", Target.SignBody(Server["Ec"], changed, Target.EcdsaSha256, H("bits")))).IsRefused("Invalid parameter SAD");
        }
        (await V2("signatures/signHash", Target.SignBody(Server["Ec"], sad, Target.EcdsaSha256, H("bits")))).IsOk();
    }

    private static async Task<string> LoginAsync()
    {
        await Server.ForgetLoginsAsync();
        string pair = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{Server["AliceName"]}:{Server["AlicePassword"]}"));
        return (string)(await Server.SendAsync(HttpMethod.Post, "csc/v2/auth/login", "{}", $"Basic {pair}")).IsOk()["access_token"]!;
    }

    [Test, Statement(187)]
    public async Task Sad_outlives_the_service_token_that_asked_for_it()
    {
        string token = await LoginAsync(), other = await LoginAsync();
        string sad = await Server.SadAsync(Server["Ec"], [H("outlives")], token);
        (await V2("auth/revoke", new { token }, token)).IsOk(204);
        JsonObject body = Target.SignBody(Server["Ec"], sad, Target.EcdsaSha256, H("outlives"));
        Assert.That((await V2("signatures/signHash", body, token)).Status, Is.EqualTo(401));
        (await V2("signatures/signHash", body, other)).IsOk();
    }
}
