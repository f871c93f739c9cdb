using System.Text.Json.Nodes;

namespace Pechat.Conformance.Tests;

/// <summary>Checklist 11.10.</summary>
internal sealed class AsynchronousTests : Suite
{
    private static async Task<Answer> SignAsync(Action<JsonObject>? change, string credential, string? token = "", params string[] hashes)
    {
        token = token is "" ? Alice : token;
        JsonObject body = Target.SignBody(credential, await Server.SadAsync(credential, hashes, token), Target.EcdsaSha256, hashes);
        body["operationMode"] = "A";
        change?.Invoke(body);
        return await V2("signatures/signHash", body, token);
    }

    private static async Task<Answer> PollAsync(string id)
    {
        Answer answer = await V2("signatures/signPolling", new { requestID = id });
        for (int i = 0; i < 300 && answer.Status == 202; i++)
        {
            Assert.That(answer.Error, Is.EqualTo("accepted_request"));
            await Task.Delay(100);
            answer = await V2("signatures/signPolling", new { requestID = id });
        }
        return answer;
    }

    [Test, Statement(126)]
    public async Task Result_is_polled()
    {
        Answer accepted = (await SignAsync(null, Server["Ec"], "", H("a"), H("b"))).IsOk();
        Assert.That(accepted.Body!["signatures"], Is.Null);
        Assert.That((await PollAsync((string)accepted["responseID"]!)).IsOk()["signatures"].AsArray(), Has.Count.EqualTo(2));

        // Whole documents are where a result takes its time: the signer has not decided yet.
        await Server.SignerWillAsync("ignore");
        Answer document = (await V2("signatures/signDoc", new JsonObject
        {
            ["credentialID"] = Server["Ec"], ["operationMode"] = "A", ["documents"] = new JsonArray(SignDocTests.Document(SignDocTests.Pdf("asynchronous"))),
        })).IsOk();
        Answer pending = await V2("signatures/signPolling", new { requestID = (string)document["responseID"]! });
        Assert.That((pending.Status, pending.Error), Is.EqualTo((202, "accepted_request")));
        await Server.SignerWillAsync("confirm");
        Assert.That((await PollAsync((string)document["responseID"]!)).IsOk()["DocumentWithSignature"].AsArray(), Has.Count.EqualTo(1));
    }

    [Test, Statement(127)]
    public async Task Result_stays_for_its_period_and_no_longer()
    {
        string id = (string)(await SignAsync(body => body["validity_period"] = 60_000, Server["Ec"], "", H("a"))).IsOk()["responseID"]!;
        (await PollAsync(id)).IsOk();
        (await PollAsync(id)).IsOk();
        await Task.Delay(TimeSpan.FromSeconds(61)); // the shortest period that the server takes
        (await V2("signatures/signPolling", new { requestID = id })).IsRefused("Invalid parameter requestID");
    }

    [Test, Statement(128)]
    public async Task Period_is_checked()
    {
        (await SignAsync(body => body["validity_period"] = -1, Server["Ec"], "", H("a"))).IsRefused("Invalid parameter validity_period");
        (await SignAsync(body => body["validity_period"] = "x", Server["Ec"], "", H("a"))).IsRefused("Invalid parameter validity_period");
        (await SignAsync(body => body["validity_period"] = 1_000_000_000_000, Server["Ec"], "", H("a"))).IsRefused("Out of bounds parameter validity_period");
    }

    [Test, Statement(129)]
    public async Task Results_of_others_are_unknown()
    {
        string id = (string)(await SignAsync(null, Server["Ec"], "", H("a"))).IsOk()["responseID"]!;
        (await V2("signatures/signPolling", new { requestID = id }, Bob)).IsRefused("Invalid parameter requestID");
        (await V2("signatures/signPolling", new { })).IsRefused("Missing (or invalid type) string parameter requestID");
        (await V2("signatures/signPolling", new { requestID = id, userID = "alice" })).IsRefused();
    }

    [TestCase("http://rp.example/done"), TestCase("https://not-registered.example/done"), Statement(130)]
    public async Task Address_that_is_not_registered_is_refused(string uri) =>
        (await SignAsync(body => body["response_uri"] = uri, Server["Ec"], "", H("a"))).IsRefused("Invalid parameter response_uri");
}
