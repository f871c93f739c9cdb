using System.Text.Json.Nodes;

namespace Pechat.Conformance.Tests;

/// <summary>Checklist 11.7 and 11.8.</summary>
internal sealed class AuthorizeTests : Suite
{
    private static JsonObject Body(string credential, params string[] hashes) => new()
    {
        ["credentialID"] = credential, ["numSignatures"] = hashes.Length, ["hashes"] = Target.Array(hashes), ["hashAlgorithmOID"] = Sha256,
    };

    private static JsonObject BodyOfV1(string credential, params string[] hashes) => new()
    {
        ["credentialID"] = credential, ["numSignatures"] = hashes.Length, ["hash"] = Target.Array(hashes),
    };

    private static async Task Both(Action<JsonObject> change, string? text, string? textOfV2 = null, string error = "invalid_request")
    {
        JsonObject v1 = BodyOfV1(Server["Ec"], H("refused")), v2 = Body(Server["Ec"], H("refused"));
        change(v1);
        change(v2);
        (await V1("credentials/authorize", v1)).IsRefused(text, error);
        (await V2("credentials/authorize", v2)).IsRefused(textOfV2 ?? text, error);
    }

    [Test, Statement(75)]
    public async Task Number_of_signatures_is_checked()
    {
        foreach (JsonNode? wrong in new JsonNode?[] { null, "1", 1.5 })
            await Both(body => body["numSignatures"] = wrong?.DeepClone(), "Missing (or invalid type) integer parameter numSignatures");
        await Both(body => body["numSignatures"] = 0, "Invalid value for parameter numSignatures");
        await Both(body => body["numSignatures"] = -1, "Invalid value for parameter numSignatures");
        int most = (int)(await V1("credentials/info", new { credentialID = Server["Ec"] })).IsOk()["multisign"]!;
        await Both(body => body["numSignatures"] = most + 1, "Numbers of signatures is too high");
    }

    [Test, Statement(76)]
    public async Task Scal_2_needs_as_many_digests_as_signatures()
    {
        await Both(body => { body.Remove("hash"); body.Remove("hashes"); }, "Missing (or invalid type) array parameter hash", "Missing (or invalid type) array parameter hashes");
        await Both(body => body[body.ContainsKey("hash") ? "hash" : "hashes"] = new JsonArray(), "Empty hash array");
        await Both(body => body["numSignatures"] = 2, null);
    }

    [Test, Statement(77)]
    public async Task Digest_that_is_not_base64_is_refused() =>
        await Both(body => body[body.ContainsKey("hash") ? "hash" : "hashes"] = new JsonArray("@@@"), "Invalid Base64 hash string parameter");

    [Test, Statement(78)]
    public async Task Disabled_credential_is_refused() =>
        await Both(body => body["credentialID"] = Server["Disabled"], "The credential identified by credentialID is disabled");

    [Test, Statement(80)]
    public async Task Foreign_credential_is_refused() => await Both(body => body["credentialID"] = Server["Bobs"], "Invalid parameter credentialID");

    [Test, Statement(81)]
    public async Task Implicit_credential_waits_for_the_signer()
    {
        Assert.That((string?)(await V1("credentials/authorize", BodyOfV1(Server["Rsa"], H("implicit")))).IsOk()["SAD"], Is.Not.Empty);
        await Server.SignerWillAsync("decline");
        Answer declined = await V1("credentials/authorize", BodyOfV1(Server["Rsa"], H("declined")));
        declined.IsRefused(error: "access_denied");
        await Server.SignerWillAsync("ignore");
        Answer silent = await V1("credentials/authorize", BodyOfV1(Server["Rsa"], H("silence")));
        Assert.That((silent.Status, silent.Body!["SAD"]), Is.EqualTo((400, (JsonNode?)null)), silent.Text);
    }

    [Test, Statement(84)]
    public async Task Digests_of_v2_come_with_their_algorithm()
    {
        async Task Refused(string text, Action<JsonObject> change)
        {
            JsonObject body = Body(Server["Ec"], H("refused"));
            change(body);
            (await V2("credentials/authorize", body)).IsRefused(text);
        }

        await Refused("Missing (or invalid type) string parameter hashAlgorithmOID", body => body.Remove("hashAlgorithmOID"));
        await Refused("Invalid digest value length", body => body["hashAlgorithmOID"] = Sha384);
        await Refused("Invalid parameter hashAlgorithmOID", body => body["hashAlgorithmOID"] = Sha1);
    }

    [Test, Statement(85)]
    public async Task Out_of_band_factor_is_waited_for_with_a_handle()
    {
        await Server.SignerWillAsync("ignore");
        Answer asked = (await V2("credentials/authorize", Body(Server["Ec"], H("open")))).IsOk(202);
        string handle = (string)asked["handle"]!;
        Assert.That((string?)(await V2("credentials/authorizeCheck", new { handle })).IsOk(202)["handle"], Is.Not.Empty);
        await Server.SignerWillAsync("confirm");
        Answer checkedAgain = await UntilDecidedAsync(handle);
        Assert.That((string?)checkedAgain.IsOk()["SAD"], Is.Not.Empty);
        await Server.SignerWillAsync("decline");
        handle = (string)(await V2("credentials/authorize", Body(Server["Ec"], H("rejected")))).IsOk(202)["handle"]!;
        Assert.That((await UntilDecidedAsync(handle)).Status, Is.EqualTo(400));
    }

    private static async Task<Answer> UntilDecidedAsync(string handle)
    {
        Answer answer = await V2("credentials/authorizeCheck", new { handle });
        for (int i = 0; i < 300 && answer.Status == 202; i++)
        {
            await Task.Delay(100);
            answer = await V2("credentials/authorizeCheck", new { handle });
        }
        return answer;
    }

    [Test, Statement(86)]
    public async Task Handle_of_nobody_and_of_others_is_refused()
    {
        string handle = (string)(await V2("credentials/authorize", Body(Server["Ec"], H("mine")))).IsOk(202)["handle"]!;
        (await V2("credentials/authorizeCheck", new { handle }, Bob)).IsRefused("Invalid parameter handle");
        (await V2("credentials/authorizeCheck", new { handle = "unknown" })).IsRefused("Invalid parameter handle");
        (await V2("credentials/authorizeCheck", new { handle = Guid.NewGuid() })).IsRefused("Invalid parameter handle");
    }

    [Test, Statement(87)]
    public async Task Challenge_of_an_object_of_another_kind_is_refused()
    {
        (await V2("credentials/getChallenge", new { credentialID = Server["Ec"], authObjectID = "unknown" })).IsRefused("Invalid parameter authObjectID");
        JsonNode phone = (await V2("credentials/info", new { credentialID = Server["Ec"], authInfo = true })).IsOk()["auth"]["objects"]![0]!;
        (await V2("credentials/getChallenge", new { credentialID = Server["Ec"], authObjectID = (string)phone["id"]! })).IsRefused("Invalid parameter authObjectID");
        (await V2("credentials/getChallenge", new { credentialID = "unknown", authObjectID = "PHONE" })).IsRefused("Invalid parameter credentialID");
    }

    [Test, Statement(89)]
    public async Task One_time_password_is_not_sent_where_there_is_none()
    {
        (await V1("credentials/sendOTP", new { credentialID = Server["Ec"] })).IsRefused();
        (await V1("credentials/sendOTP", new { credentialID = "unknown" })).IsRefused("Invalid parameter credentialID");
    }

    [Test, Statement(90)]
    public async Task Description_has_a_length()
    {
        JsonObject body = Body(Server["Ec"], H("described"));
        body["description"] = new string('x', 501);
        (await V2("credentials/authorize", body)).IsRefused();
        body["description"] = "<b>" + new string('x', 497);
        (await V2("credentials/authorize", body)).IsOk(202);
    }

    private static Task<Answer> ExtendAsync(string sad, params string[] hashes) => V2("credentials/extendTransaction", new JsonObject
    {
        ["credentialID"] = Server["Ec"], ["SAD"] = sad, ["hashes"] = Target.Array(hashes), ["hashAlgorithmOID"] = Sha256,
    });

    private static Task<Answer> SignAsync(string sad, params string[] hashes) => V2("signatures/signHash", Target.SignBody(Server["Ec"], sad, Target.EcdsaSha256, hashes));

    [Test, Statement(92), Statement(93)]
    public async Task Extension_gives_a_new_sad_for_what_is_left()
    {
        string old = await Server.SadAsync(Server["Ec"], [H("left 1"), H("left 2")]);
        (await SignAsync(old, H("left 1"))).IsOk();
        string renewed = (string)(await ExtendAsync(old, H("left 2"))).IsOk()["SAD"]!;
        Assert.That(renewed, Is.Not.EqualTo(old));
        (await SignAsync(old, H("left 2"))).IsRefused("Invalid parameter SAD");
        (await SignAsync(renewed, H("left 2"))).IsOk();
        (await SignAsync(renewed, H("left 2"))).IsRefused();
    }

    [Test, Statement(94)]
    public async Task Unknown_and_foreign_sads_cannot_be_extended()
    {
        (await ExtendAsync("random", H("x"))).IsRefused("Invalid parameter SAD");
        string bobs = await Server.SadAsync(Server["Bobs"], [H("bob")], Bob);
        (await ExtendAsync(bobs, H("bob"))).IsRefused("Invalid parameter SAD");
    }

    [Test, Statement(95)]
    public async Task New_digests_cannot_be_added()
    {
        string sad = await Server.SadAsync(Server["Ec"], [H("confirmed")]);
        (await ExtendAsync(sad, H("never confirmed"))).IsRefused("Hash is not authorized by the SAD.");
        (await ExtendAsync(sad, H("confirmed"))).IsOk();
    }
}
