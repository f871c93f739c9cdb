using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pechat.Pki;
using Pechat.Testing;
using static Pechat.Signing.Tests.SigningHouse;

namespace Pechat.Signing.Tests.Csc;

[TestFixture]
internal sealed class SignHashTests : WithCredential
{
    [TearDown]
    public void Restore()
    {
        _house.Module.IsDown = false;
        _house.Module.AfterSign = null;
    }

    private Task<Answer> SignAsync(JsonObject body, string? token = null) => _house.CscAsync("signatures/signHash", body, token);

    [Test, Property("Clause", "CSC API v2 signatures/signHash"), Requirement("S0-36")]
    public async Task Confirmed_digest_is_signed_and_announced_once()
    {
        byte[] digest = Digest("alpha");
        (Guid id, string sad) = await _house.AuthorizedAsync(_credential, digest);
        Answer answer = await SignAsync(SignBody(_credential, sad, EcdsaSha256, digest));
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Text);
        byte[] signature = answer.Body.GetProperty("signatures")[0].GetBytesFromBase64();
        Assert.That(((ECDsa)_house.Module.Keys[_credential].Key).VerifyHash(digest, signature, DSASignatureFormat.Rfc3279DerSequence));
        JsonElement created = (await _house.EventsAsync("signature-created.v1", id)).Single();
        Assert.That((created.GetProperty("signatures").GetInt32(), created.GetProperty("customerId").GetGuid()), Is.EqualTo((1, _house.Alice)));
        Assert.That(await _house.StateAsync(id), Is.EqualTo("completed"));
        Assert.That(answer.MediaType, Is.EqualTo("application/json"));
    }

    [Test, Property("Clause", "CSC API v2 signatures/signHash")]
    public async Task Hundred_digests_are_one_call_of_the_activation_module_and_keep_their_order()
    {
        byte[][] digests = [.. Enumerable.Range(0, 100).Select(i => Digest($"d{i}"))];
        (_, string sad) = await _house.AuthorizedAsync(_credential, digests);
        int before = _house.Module.SignCalls;
        Array.Reverse(digests);
        Answer answer = await SignAsync(SignBody(_credential, sad, EcdsaSha256, digests));
        Assert.That(_house.Module.SignCalls, Is.EqualTo(before + 1));
        var key = (ECDsa)_house.Module.Keys[_credential].Key;
        byte[][] signatures = [.. answer.Body.GetProperty("signatures").EnumerateArray().Select(each => each.GetBytesFromBase64())];
        Assert.That(signatures, Has.Length.EqualTo(100));
        Assert.That(digests.Zip(signatures).All(pair => key.VerifyHash(pair.First, pair.Second, DSASignatureFormat.Rfc3279DerSequence)));
    }

    [TestCase("1.2.840.113549.1.1.11", null, "Pkcs1")]
    [TestCase("1.2.840.113549.1.1.1", "2.16.840.1.101.3.4.2.1", "Pkcs1")]
    [TestCase("1.2.840.113549.1.1.10", "2.16.840.1.101.3.4.2.1", "Pss")]
    [Property("Clause", "CSC API v2 signatures/signHash")]
    public async Task Rsa_key_signs_by_combined_and_plain_identifier_and_pss(string signAlgo, string? hashOid, string padding)
    {
        Guid credential = await _house.CredentialAsync(key: RSA.Create(2048));
        byte[] digest = Digest("rsa");
        (_, string sad) = await _house.AuthorizedAsync(credential, digest);
        JsonObject body = SignBody(credential, sad, signAlgo, digest);
        if (hashOid is not null)
            body["hashAlgorithmOID"] = hashOid;
        Answer answer = await SignAsync(body);
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Text);
        Assert.That(((RSA)_house.Module.Keys[credential].Key).VerifyHash(digest, answer.Body.GetProperty("signatures")[0].GetBytesFromBase64(),
            HashAlgorithmName.SHA256, padding == "Pss" ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1));
    }

    [Test, Property("Clause", "CSC API reference 8.3")]
    public async Task Plain_ecdsa_is_r_and_s_without_der()
    {
        (_, string sad) = await _house.AuthorizedAsync(_credential, Digest("plain"));
        Answer answer = await SignAsync(SignBody(_credential, sad, "0.4.0.127.0.7.1.1.4.1.3", Digest("plain")));
        byte[] signature = answer.Body.GetProperty("signatures")[0].GetBytesFromBase64();
        Assert.That(signature, Has.Length.EqualTo(64));
        Assert.That(((ECDsa)_house.Module.Keys[_credential].Key).VerifyHash(Digest("plain"), signature, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
    }

    [Test, Property("Clause", "CSC API v2 signatures/signHash")]
    public async Task Budget_holds_over_several_calls_and_a_digest_signs_once()
    {
        (Guid id, string sad) = await _house.AuthorizedAsync(_credential, Digest("a"), Digest("b"));
        Assert.That((await SignAsync(SignBody(_credential, sad, EcdsaSha256, Digest("a")))).Status, Is.EqualTo(HttpStatusCode.OK));
        (await SignAsync(SignBody(_credential, sad, EcdsaSha256, Digest("a")))).IsInvalid("Hash is not authorized by the SAD.");
        (await SignAsync(SignBody(_credential, sad, EcdsaSha256, Digest("b"), Digest("b")))).IsInvalid("Hash is not authorized by the SAD.");
        Assert.That((await SignAsync(SignBody(_credential, sad, EcdsaSha256, Digest("b")))).Status, Is.EqualTo(HttpStatusCode.OK));
        (await SignAsync(SignBody(_credential, sad, EcdsaSha256, Digest("b")))).IsInvalid("Invalid parameter SAD");
        Assert.That((await _house.EventsAsync("signature-created.v1", id)).Sum(each => each.GetProperty("signatures").GetInt32()), Is.EqualTo(2));
    }

    [Test, Property("Clause", "CSC API v2 signatures/signHash")]
    public async Task Digest_of_a_document_is_not_signed_as_if_it_were_what_the_key_signs()
    {
        JsonObject body = AuthorizeBody(_credential, Digest("sdr"));
        body["hashType"] = "SDR";
        Guid id = await _house.AuthorizeAsync(body);
        await _house.ConfirmAsync(id);
        (await SignAsync(SignBody(_credential, await _house.SadAsync(id), EcdsaSha256, Digest("sdr")))).IsInvalid("Hash is not authorized by the SAD.");
    }

    [Test, Property("Clause", "CSC API v2 signatures/signHash")]
    public async Task Parallel_calls_cannot_overspend()
    {
        (_, string sad) = await _house.AuthorizedAsync(_credential, Digest("p"), Digest("q"));
        Answer[] answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => SignAsync(SignBody(_credential, sad, EcdsaSha256, Digest("p"), Digest("q")))));
        Assert.That(answers.Count(answer => answer.Status == HttpStatusCode.OK), Is.EqualTo(1));
    }

    [Test, Property("Clause", "CSC API v2 signatures/signHash")]
    public async Task Refusals_have_the_texts_of_the_standard()
    {
        byte[] digest = Digest("texts");
        (_, string sad) = await _house.AuthorizedAsync(_credential, digest);
        async Task Refused(string text, Action<JsonObject> change)
        {
            JsonObject body = SignBody(_credential, sad, EcdsaSha256, digest);
            change(body);
            (await SignAsync(body)).IsInvalid(text);
        }

        await Refused("Missing (or invalid type) string parameter credentialID", b => b.Remove("credentialID"));
        await Refused("Missing (or invalid type) string parameter credentialID", b => b["credentialID"] = 7);
        await Refused("Invalid parameter credentialID", b => b["credentialID"] = "alice/qes-1");
        await Refused("Invalid parameter credentialID", b => b["credentialID"] = Guid.NewGuid().ToString());
        await Refused("Missing (or invalid type) string parameter SAD", b => b.Remove("SAD"));
        await Refused("Missing (or invalid type) string parameter SAD", b => b["SAD"] = 7);
        await Refused("Invalid parameter SAD", b => b["SAD"] = "no-such-sad");
        await Refused("Invalid parameter SAD", b => b["SAD"] = (sad[0] == 'A' ? 'B' : 'A') + sad[1..]);
        await Refused("Missing (or invalid type) array parameter hashes", b => b.Remove("hashes"));
        await Refused("Missing (or invalid type) array parameter hashes", b => b["hashes"] = 7);
        await Refused("Empty hash array", b => b["hashes"] = new JsonArray());
        await Refused("Invalid Base64 hash string parameter", b => b["hashes"] = new JsonArray("***"));
        await Refused("Invalid digest value length", b => b["hashes"] = new JsonArray(Convert.ToBase64String(new byte[20])));
        await Refused("Hash is not authorized by the SAD.", b => b["hashes"] = new JsonArray(Convert.ToBase64String(Digest("other"))));
        await Refused("Missing (or invalid type) string parameter signAlgo", b => b.Remove("signAlgo"));
        await Refused("Invalid parameter signAlgo", b => b["signAlgo"] = RsaSha256);
        await Refused("Missing (or invalid type) string parameter hashAlgorithmOID", b => b["signAlgo"] = Oids.EcPublicKey);
        await Refused("Invalid parameter hashAlgorithmOID", b => b["hashAlgorithmOID"] = "1.3.14.3.2.26");
        await Refused("Invalid parameter hashAlgorithmOID", b => b["hashAlgorithmOID"] = "2.16.840.1.101.3.4.2.2");
        await Refused("Invalid parameter clientData", b => b["clientData"] = new JsonObject());
        await Refused("Invalid parameter operationMode", b => b["operationMode"] = "X");
        await Refused("Invalid parameter validity_period", b => (b["operationMode"], b["validity_period"]) = ("A", -1));
        await Refused("Invalid parameter validity_period", b => (b["operationMode"], b["validity_period"]) = ("A", "x"));
        await Refused("Out of bounds parameter validity_period", b => (b["operationMode"], b["validity_period"]) = ("A", 90_000_000));
        await Refused("Invalid parameter response_uri", b => (b["operationMode"], b["response_uri"]) = ("A", "https://app.example/done"));
        await Refused("The parameters hashes and hash contradict each other", b => b["hash"] = new JsonArray(Convert.ToBase64String(Digest("x"))));
        Answer last = await SignAsync(SignBody(_credential, sad, EcdsaSha256, digest)); // nothing of all that used anything up
        Assert.That(last.Status, Is.EqualTo(HttpStatusCode.OK), last.Text);
    }

    [Test, Property("Clause", "CSC API reference 10.1")]
    public async Task Checks_come_in_the_order_of_the_profile()
    {
        byte[] digest = Digest("order");
        (_, string sad) = await _house.AuthorizedAsync(_credential, digest);
        // Everything is wrong; each repair uncovers the next refusal.
        var body = new JsonObject { ["clientData"] = 5, ["operationMode"] = "X", ["hashAlgorithmOID"] = 5 };
        async Task Next(string text, string name, JsonNode? repaired)
        {
            (await SignAsync(body)).IsInvalid(text);
            body[name] = repaired;
        }

        await Next("Missing (or invalid type) string parameter credentialID", "credentialID", Guid.NewGuid().ToString());
        await Next("Missing (or invalid type) string parameter SAD", "SAD", "nothing");
        await Next("Missing (or invalid type) array parameter hashes", "hashes", new JsonArray("***"));
        await Next("Missing (or invalid type) string parameter signAlgo", "signAlgo", "1.2.3");
        await Next("Missing (or invalid type) string parameter hashAlgorithmOID", "hashAlgorithmOID", "1.3.14.3.2.26");
        await Next("Invalid parameter clientData", "clientData", "order-1");
        await Next("Invalid parameter operationMode", "operationMode", "S");
        await Next("Invalid parameter credentialID", "credentialID", _credential.ToString());
        await Next("Invalid parameter SAD", "SAD", sad);
        await Next("Invalid parameter signAlgo", "signAlgo", EcdsaSha256);
        await Next("Invalid parameter hashAlgorithmOID", "hashAlgorithmOID", Sha256);
        await Next("Invalid Base64 hash string parameter", "hashes", new JsonArray(Convert.ToBase64String(new byte[20])));
        await Next("Invalid digest value length", "hashes", new JsonArray(Convert.ToBase64String(Digest("unknown"))));
        await _house.SetStateAsync(_credential, "suspended");
        (await SignAsync(body)).IsInvalid("The credential identified by credentialID is disabled");
        await _house.SetStateAsync(_credential, "active");
        await Next("Hash is not authorized by the SAD.", "hashes", new JsonArray(Convert.ToBase64String(digest)));
        Answer last = await SignAsync(body);
        Assert.That(last.Status, Is.EqualTo(HttpStatusCode.OK), last.Text);
    }

    [Test, Property("Clause", "CSC API v2 §8.1")]
    public async Task Missing_header_forged_expired_and_wrong_tokens_are_told_apart()
    {
        JsonObject body = SignBody(_credential, "x", EcdsaSha256, Digest("t"));
        async Task<Answer> With(string? token) => await _house.SendAsync(HttpMethod.Post, "/csc/v2/signatures/signHash", body.ToJsonString(), token);
        (await With(null)).IsInvalid("Malformed authorization header");
        Answer forged = await With("deadbeef");
        Assert.That((forged.Status, forged.Error), Is.EqualTo((HttpStatusCode.Unauthorized, "invalid_token")));
        Assert.That(forged.Headers.WwwAuthenticate.ToString(), Does.StartWith("Bearer"));
        Answer expired = await With(_house.Cluster.Tokens.Issue(_house.Alice, "service", lifetime: TimeSpan.FromMinutes(-10)));
        Assert.That((expired.Status, expired.Error), Is.EqualTo((HttpStatusCode.Unauthorized, "expired_token")));
        Answer wrong = await With(_house.Cluster.Tokens.Issue(_house.Alice, "device"));
        Assert.That((wrong.Status, wrong.Error), Is.EqualTo((HttpStatusCode.Forbidden, "access_denied")));
    }

    [Test, Requirement("S0-22"), Property("Clause", "CSC API v2 signatures/signHash")]
    public async Task Sad_serves_only_its_signer_client_and_credential()
    {
        byte[] digest = Digest("mine");
        (_, string sad) = await _house.AuthorizedAsync(_credential, digest);
        Guid other = await _house.CredentialAsync(), bobs = await _house.CredentialAsync(_house.Bob);
        (await SignAsync(SignBody(other, sad, EcdsaSha256, digest))).IsInvalid("Invalid parameter SAD");
        (await SignAsync(SignBody(bobs, sad, EcdsaSha256, digest))).IsInvalid("Invalid parameter credentialID");
        (await SignAsync(SignBody(_credential, sad, EcdsaSha256, digest), _house.ServiceToken(_house.Bob))).IsInvalid("Invalid parameter credentialID");
        (await SignAsync(SignBody(bobs, sad, EcdsaSha256, digest), _house.ServiceToken(_house.Bob))).IsInvalid("Invalid parameter SAD");
        (await SignAsync(SignBody(_credential, sad, EcdsaSha256, digest), _house.ServiceToken(client: "other-app"))).IsInvalid("Invalid parameter SAD");
    }

    [Test, Requirement("S0-66"), Property("Clause", "CSC API v2 signatures/signHash")]
    public async Task Certificate_that_ends_between_authorisation_and_signature_does_not_sign()
    {
        byte[] digest = Digest("late");
        Guid suspended = await _house.CredentialAsync(), ended = await _house.CredentialAsync(endsIn: TimeSpan.FromSeconds(3));
        (Guid id, string sad) = await _house.AuthorizedAsync(suspended, digest);
        (_, string endedSad) = await _house.AuthorizedAsync(ended, digest);
        await _house.SetStateAsync(suspended, "suspended");
        (await SignAsync(SignBody(suspended, sad, EcdsaSha256, digest))).IsInvalid("The credential identified by credentialID is disabled");
        Assert.That(await _house.EventsAsync("signature-created.v1", id), Is.Empty);
        await Task.Delay(TimeSpan.FromSeconds(3.5));
        Answer expired = await SignAsync(SignBody(ended, endedSad, EcdsaSha256, digest));
        Assert.That(expired.Description, Does.StartWith("Signing certificate '").And.EndsWith("' is expired."));
    }

    [Test, Property("Clause", "CSC API v2 signatures/signHash")]
    public async Task Module_that_is_down_costs_nothing_and_the_same_call_works_later()
    {
        byte[] digest = Digest("down");
        (Guid id, string sad) = await _house.AuthorizedAsync(_credential, digest);
        _house.Module.IsDown = true;
        Answer down = await SignAsync(SignBody(_credential, sad, EcdsaSha256, digest));
        Assert.That((down.Status, down.Error), Is.EqualTo((HttpStatusCode.ServiceUnavailable, "temporarily_unavailable")));
        Assert.That(down.Headers.RetryAfter, Is.Not.Null);
        Assert.That(await _house.EventsAsync("signature-created.v1", id), Is.Empty);
        _house.Module.IsDown = false;
        Assert.That((await SignAsync(SignBody(_credential, sad, EcdsaSha256, digest))).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Signature_of_a_transaction_that_ended_meanwhile_is_not_released()
    {
        byte[] digest = Digest("race");
        (Guid id, string sad) = await _house.AuthorizedAsync(_credential, digest);
        _house.Module.AfterSign = () => _house.ExecuteAsync("update signing_transaction set state = 'expired' where id = @id", new { id });
        Answer answer = await SignAsync(SignBody(_credential, sad, EcdsaSha256, digest));
        answer.IsInvalid("Invalid parameter SAD");
        Assert.That(await _house.EventsAsync("signature-created.v1", id), Is.Empty);
    }

    [Test, Property("Clause", "CSC API v2 signatures/signHash")]
    public async Task Names_and_encodings_seen_in_the_wild_are_accepted()
    {
        byte[] digest = Digest("wild?>"), odd = Convert.FromHexString("fbff" + Convert.ToHexString(Digest("odd"))[4..]);
        (_, string sad) = await _house.AuthorizedAsync(_credential, digest, odd, odd, odd);
        JsonObject v1 = SignBody(_credential, sad, EcdsaSha256, digest);
        v1["hash"] = v1["hashes"]!.DeepClone();
        v1.Remove("hashes");
        v1["hashAlgo"] = Sha256;
        v1["clientData"] = null;
        v1["foo"] = 1;
        Assert.That((await SignAsync(v1)).Status, Is.EqualTo(HttpStatusCode.OK));
        string base64 = Convert.ToBase64String(odd);
        foreach (string text in new[] { base64.Replace('+', '-').Replace('/', '_').TrimEnd('='), Uri.EscapeDataString(base64), base64 })
        {
            JsonObject body = SignBody(_credential, sad, EcdsaSha256);
            body["hashes"] = text;
            Answer answer = await SignAsync(body);
            Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Text);
        }
    }

    [Test, Property("Clause", "CSC API v2 signatures/signPolling")]
    public async Task Asynchronous_result_is_fetched_by_its_client_within_its_time()
    {
        byte[] digest = Digest("async");
        (_, string sad) = await _house.AuthorizedAsync(_credential, digest);
        JsonObject body = SignBody(_credential, sad, EcdsaSha256, digest);
        (body["operationMode"], body["validity_period"]) = ("A", 600_000);
        Answer accepted = await SignAsync(body);
        Assert.That(accepted.Body.TryGetProperty("signatures", out _), Is.False);
        string requestID = accepted.Body.GetProperty("responseID").GetString()!;
        Answer polled = await _house.CscAsync("signatures/signPolling", new { requestID });
        Assert.That(polled.Body.GetProperty("signatures").GetArrayLength(), Is.EqualTo(1), polled.Text);
        (await _house.CscAsync("signatures/signPolling", new { requestID }, _house.ServiceToken(_house.Bob))).IsInvalid("Invalid parameter requestID");
        (await _house.CscAsync("signatures/signPolling", new { requestID }, _house.ServiceToken(client: "other-app"))).IsInvalid("Invalid parameter requestID");
        (await _house.CscAsync("signatures/signPolling", new { })).IsInvalid("Missing (or invalid type) string parameter requestID");
        (await _house.CscAsync("signatures/signPolling", new { requestID, userID = _house.Alice })).IsInvalid("userID parameter SHALL be null");
        _house.Clock.Advance(TimeSpan.FromMinutes(11));
        (await _house.CscAsync("signatures/signPolling", new { requestID })).IsInvalid("Invalid parameter requestID");
    }
}
