using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using static Pechat.Signing.Tests.SigningHouse;

namespace Pechat.Signing.Tests.Csc;

/// <summary>CSC API v1 (1.0.4.0): the same credentials and the same engine under the names and texts of v1.</summary>
[TestFixture]
internal sealed class V1Tests
{
    private SigningHouse _house = null!;
    private Guid _credential;

    [OneTimeSetUp]
    public async Task Start()
    {
        _house = await SigningHouse.StartAsync(new { SynchronousWait = "00:00:02", MultiSign = 5 });
        _credential = await _house.CredentialAsync(key: RSA.Create(2048));
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _house.Cluster.Logs.Verify();
        await _house.DisposeAsync();
    }

    private static object Hashes(params byte[][] digests) => digests.Select(Convert.ToBase64String);

    private async Task<string> SadAsync(params byte[][] digests)
    {
        Task<Answer> waiting = _house.V1Async("credentials/authorize", new { credentialID = _credential, numSignatures = digests.Length, hash = Hashes(digests) });
        await _house.ConfirmAsync(await _house.WaitingAsync(_credential));
        Answer answer = await waiting;
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Text);
        Assert.That(answer.Body.GetProperty("expiresIn").GetInt32(), Is.InRange(290, 300));
        return answer.Body.GetProperty("SAD").GetString()!;
    }

    [Test, Property("Clause", "CSC API v1 info")]
    public async Task Info_is_the_one_of_v1()
    {
        Answer posted = await _house.SendAsync(HttpMethod.Post, "/csc/v1/info", "{}", null);
        Assert.That(posted.Body.EnumerateObject().Select(each => each.Name),
            Is.EquivalentTo(new[] { "specs", "name", "logo", "region", "lang", "description", "authType", "oauth2", "methods" }));
        Assert.That(posted.Body.GetProperty("specs").GetString(), Is.EqualTo("1.0.4.0"));
        Assert.That((await _house.SendAsync(HttpMethod.Get, "/csc/v1/info", null, null)).Text, Is.EqualTo(posted.Text));
        Assert.That((await _house.SendAsync(HttpMethod.Head, "/csc/v1/info", null, null)).Status, Is.EqualTo(HttpStatusCode.OK));
        foreach (JsonElement method in posted.Body.GetProperty("methods").EnumerateArray().Where(each => each.GetString() != "auth/login"))
            Assert.That((await _house.V1Async(method.GetString()!, new { })).Status, Is.EqualTo(HttpStatusCode.BadRequest).Or.EqualTo(HttpStatusCode.OK), method.GetString());
        foreach (string method in new[] { "signatures/signDoc", "signatures/signPolling", "credentials/authorizeCheck", "credentials/getChallenge", "credentials/create" })
            Assert.That((await _house.V1Async(method, new { })).Status, Is.EqualTo(HttpStatusCode.NotFound), method);
    }

    [Test, Property("Clause", "CSC API v1 signatures/signHash"), Property("Clause", "CSC API reference D-28")]
    public async Task Authorize_waits_for_the_phone_and_the_sad_signs_by_the_names_of_v1()
    {
        string sad = await SadAsync(Digest("alpha"), Digest("bravo"));
        Answer signed = await _house.V1Async("signatures/signHash", new
        {
            credentialID = _credential, SAD = sad, hash = Hashes(Digest("bravo"), Digest("alpha")), hashAlgo = Sha256, signAlgo = "1.2.840.113549.1.1.1",
        });
        Assert.That(signed.Status, Is.EqualTo(HttpStatusCode.OK), signed.Text);
        var key = (RSA)_house.Module.Keys[_credential].Key;
        Assert.That(key.VerifyHash(Digest("bravo"), signed.Body.GetProperty("signatures")[0].GetBytesFromBase64(), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        Assert.That(key.VerifyHash(Digest("alpha"), signed.Body.GetProperty("signatures")[1].GetBytesFromBase64(), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    [Test, Property("Clause", "CSC API reference 11.7 no. 81")]
    public async Task Signer_who_declines_or_does_not_answer_denies_access()
    {
        Task<Answer> waiting = _house.V1Async("credentials/authorize", new { credentialID = _credential, numSignatures = 1, hash = Hashes(Digest("no")) });
        await _house.PhoneAsync(HttpMethod.Post, $"/{await _house.WaitingAsync(_credential)}/decline", new { });
        Answer declined = await waiting;
        Assert.That((declined.Status, declined.Error, declined.Description), Is.EqualTo((HttpStatusCode.BadRequest, "access_denied", "The signer declined the request")));
        Answer silent = await _house.V1Async("credentials/authorize", new { credentialID = _credential, numSignatures = 1, hash = Hashes(Digest("silence")) });
        Assert.That((silent.Status, silent.Error, silent.Description), Is.EqualTo((HttpStatusCode.BadRequest, "access_denied", "The signer did not confirm the request in time")));
        Assert.That(await _house.ScalarAsync<long>("select count(*) from signing_transaction where state = 'pending'"), Is.Zero, "the phone is not left with it");
    }

    [Test]
    public async Task Client_that_went_away_takes_its_request_with_it()
    {
        using var gone = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/csc/v1/credentials/authorize")
        {
            Content = new StringContent(JsonSerializer.Serialize(new { credentialID = _credential, numSignatures = 1, hash = Hashes(Digest("gone")) })),
            Headers = { Authorization = new("Bearer", _house.ServiceToken()) },
        };
        request.Content.Headers.ContentType = new("application/json");
        Task<HttpResponseMessage> waiting = _house.Http.SendAsync(request, gone.Token);
        Guid id = await _house.WaitingAsync(_credential);
        await gone.CancelAsync();
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
        await Testing.Eventually.HoldsAsync(async () => await _house.StateAsync(id) == "expired", "nobody would fetch the SAD");
    }

    [Test, Property("Clause", "CSC API v1 credentials/info")]
    public async Task Credential_confirmed_on_the_phone_is_implicit()
    {
        JsonElement info = (await _house.V1Async("credentials/info", new { credentialID = _credential, certificates = "chain", certInfo = true, authInfo = true })).Body;
        Assert.That(info.EnumerateObject().Select(each => each.Name), Is.EquivalentTo(new[] { "key", "cert", "authMode", "SCAL", "multisign", "lang" }));
        Assert.That((info.GetProperty("authMode").GetString(), info.GetProperty("SCAL").GetString()), Is.EqualTo(("implicit", "2")));
        Assert.That(info.GetProperty("cert").EnumerateObject().Select(each => each.Name), Is.EquivalentTo(
            new[] { "status", "certificates", "issuerDN", "serialNumber", "subjectDN", "validFrom", "validTo" }));
        JsonElement list = (await _house.V1Async("credentials/list", new { credentialInfo = true, onlyValid = true, maxResults = 20 })).Body;
        Assert.That(list.EnumerateObject().Select(each => each.Name), Is.EqualTo(new[] { "credentialIDs" }));
    }

    [Test, Property("Clause", "CSC API v1")]
    public async Task Refusals_have_the_texts_of_v1()
    {
        const string Generic = "The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed.";
        (await _house.SendAsync(HttpMethod.Post, "/csc/v1/credentials/list", "{}", null)).IsInvalid(Generic);
        (await _house.V1Async("credentials/list", new { userID = _house.Alice })).IsInvalid("userID parameter MUST be null");
        async Task Authorize(string text, Action<JsonObject> change, string error = "invalid_request")
        {
            var body = new JsonObject { ["credentialID"] = _credential.ToString(), ["numSignatures"] = 1, ["hash"] = new JsonArray(Convert.ToBase64String(Digest("x"))) };
            change(body);
            Answer answer = await _house.V1Async("credentials/authorize", body);
            Assert.That((answer.Status, answer.Error, answer.Description), Is.EqualTo((HttpStatusCode.BadRequest, error, text)), answer.Text);
        }

        await Authorize("The PIN is invalid", b => b["PIN"] = "123456", "invalid_pin");
        await Authorize("The OTP is invalid", b => b["OTP"] = "123456", "invalid_otp");
        await Authorize("Missing (or invalid type) array parameter hash", b => b.Remove("hash"));
        await Authorize("Numbers of signatures is too high", b => b["numSignatures"] = 6);
        async Task Sign(string text, Action<JsonObject> change)
        {
            JsonObject body = SignBody(_credential, sad, RsaSha256, Digest("texts"));
            change(body);
            (await _house.V1Async("signatures/signHash", body)).IsInvalid(text);
        }

        await Sign("Missing (or invalid type) array parameter hash", b => b.Remove("hashes"));
        await Sign("Missing (or invalid type) string parameter hashAlgo", b => b["signAlgo"] = "1.2.840.113549.1.1.1");
        await Sign("Invalid parameter hashAlgo", b => b["hashAlgo"] = "1.3.14.3.2.26");
        await Sign("Invalid parameter hashAlgo", b => b["hashAlgo"] = "2.16.840.1.101.3.4.2.2");
        await Sign("Missing (or invalid type) string parameter SAD", b => b.Remove("SAD"));
    }

    private string sad = "";

    [SetUp]
    public async Task Authorise() => sad = sad.Length > 0 ? sad : await SadAsync(Digest("texts"));

    [Test, Property("Clause", "CSC API v1 credentials/sendOTP")]
    public async Task No_credential_has_an_otp_or_a_challenge_to_send()
    {
        (await _house.V1Async("credentials/sendOTP", new { })).IsInvalid("Missing (or invalid type) string parameter credentialID");
        (await _house.V1Async("credentials/sendOTP", new { credentialID = Guid.NewGuid() })).IsInvalid("Invalid parameter credentialID");
        (await _house.V1Async("credentials/sendOTP", new { credentialID = _credential })).IsInvalid("The credential identified by credentialID has no online OTP");
        (await _house.CscAsync("credentials/getChallenge", new { credentialID = _credential })).IsInvalid("Missing (or invalid type) string parameter authObjectID");
        (await _house.CscAsync("credentials/getChallenge", new { credentialID = "x", authObjectID = "PHONE" })).IsInvalid("Invalid parameter credentialID");
        (await _house.CscAsync("credentials/getChallenge", new { credentialID = _credential, authObjectID = "PHONE" })).IsInvalid("Invalid parameter authObjectID");
    }

    [Test, Property("Clause", "CSC API v1 signatures/timestamp")]
    public async Task Time_stamp_is_the_same_in_both_versions()
    {
        foreach (string version in new[] { "v1", "v2" })
        {
            Answer answer = await _house.SendAsync(HttpMethod.Post, $"/csc/{version}/signatures/timestamp",
                JsonSerializer.Serialize(new { hash = Convert.ToBase64String(Digest("alpha")), hashAlgo = Sha256, nonce = "00ff10" }), _house.ServiceToken());
            Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Text);
        }
    }
}
