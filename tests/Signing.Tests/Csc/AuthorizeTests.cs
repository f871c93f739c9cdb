using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Testing;
using static Pechat.Signing.Tests.SigningHouse;

namespace Pechat.Signing.Tests.Csc;

/// <summary>credentials/authorize and credentials/authorizeCheck.</summary>
[TestFixture]
internal sealed class AuthorizeTests
{
    private SigningHouse _house = null!;
    private Guid _credential;

    [OneTimeSetUp]
    public async Task Start()
    {
        _house = await SigningHouse.StartAsync(new { MultiSign = 5 });
        _credential = await _house.CredentialAsync();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _house.Cluster.Logs.Verify();
        await _house.DisposeAsync();
    }

    private Task<Answer> CheckAsync(object handle, string? token = null) => _house.CscAsync("credentials/authorizeCheck", new { handle }, token);

    [Test, Property("Clause", "CSC API v2 credentials/authorize"), Requirement("S0-36")]
    public async Task Phone_is_asked_and_the_module_knows_the_digests_before_anything_can_be_signed()
    {
        JsonObject body = AuthorizeBody(_credential, Digest("one"), Digest("two"));
        body["description"] = "Two documents";
        Guid id = await _house.AuthorizeAsync(body);
        OpenTransactionRequest opened = _house.Module.Transactions[id].Open;
        Assert.That(opened.Digests.Select(each => each.ToByteArray()), Is.EqualTo(new[] { Digest("one"), Digest("two") }));
        Assert.That((opened.Kind, opened.OwnerId, opened.ClientId, opened.HashAlgorithm), Is.EqualTo((DigestKind.Dtbsr, _house.Alice.ToString(), "app", Sha256)));
        JsonElement asked = (await _house.EventsAsync("signature-requested.v1", id)).Single();
        Assert.That(asked.GetProperty("documents").GetInt32(), Is.EqualTo(2));
        Answer open = await CheckAsync(id);
        Assert.That((open.Status, open.Body.GetProperty("handle").GetString()), Is.EqualTo((HttpStatusCode.Accepted, id.ToString())));
        Assert.That(open.Headers.RetryAfter, Is.Not.Null);
        Assert.That(_house.Ledger.Reserved, Does.Not.ContainKey(id), "nothing is reserved before the signer confirms");
    }

    [Test, Property("Clause", "CSC API v2 credentials/authorizeCheck"), Property("Clause", "CSC API reference S-6")]
    public async Task Lost_answer_is_had_again_with_the_same_sad_and_no_sad_is_stored_or_logged()
    {
        Guid id = await _house.AuthorizeAsync(AuthorizeBody(_credential, Digest("lost")));
        await _house.ConfirmAsync(id);
        Answer first = await CheckAsync(id), second = await CheckAsync(id);
        string sad = first.Body.GetProperty("SAD").GetString()!;
        Assert.That(second.Body.GetProperty("SAD").GetString(), Is.EqualTo(sad));
        Assert.That(first.Body.GetProperty("expiresIn").GetInt32(), Is.InRange(290, 300));
        Assert.That(await _house.ScalarAsync<string>("select row_to_json(t)::text from signing_transaction t where id = @id", new { id }), Does.Not.Contain(sad));
        Assert.That(await _house.ScalarAsync<string>("select string_agg(body::text, '') from public.outbox"), Does.Not.Contain(sad));
        _house.Cluster.Logs.VerifyNeverLogged(sad);
    }

    [Test, Property("Clause", "CSC API v2 credentials/authorize")]
    public async Task Refusals_have_the_texts_of_the_standard()
    {
        Guid suspended = await _house.CredentialAsync(state: "suspended"), bobs = await _house.CredentialAsync(_house.Bob);
        async Task Refused(string text, Action<JsonObject> change, string error = "invalid_request")
        {
            JsonObject body = AuthorizeBody(_credential, Digest("texts"));
            change(body);
            Answer answer = await _house.CscAsync("credentials/authorize", body);
            Assert.That((answer.Status, answer.Error, answer.Description), Is.EqualTo((HttpStatusCode.BadRequest, error, text)), answer.Text);
        }

        await Refused("Missing (or invalid type) string parameter credentialID", b => b.Remove("credentialID"));
        await Refused("Invalid parameter credentialID", b => b["credentialID"] = "nobody");
        await Refused("Invalid parameter credentialID", b => b["credentialID"] = bobs.ToString());
        await Refused("The credential identified by credentialID is disabled", b => b["credentialID"] = suspended.ToString());
        await Refused("Missing (or invalid type) integer parameter numSignatures", b => b.Remove("numSignatures"));
        await Refused("Missing (or invalid type) integer parameter numSignatures", b => b["numSignatures"] = "1");
        await Refused("Missing (or invalid type) integer parameter numSignatures", b => b["numSignatures"] = 1.5);
        await Refused("Invalid value for parameter numSignatures", b => b["numSignatures"] = 0);
        await Refused("Invalid value for parameter numSignatures", b => b["numSignatures"] = -1);
        await Refused("Numbers of signatures is too high", b => b["numSignatures"] = 6);
        await Refused("The number of hashes must equal numSignatures", b => b["numSignatures"] = 2);
        await Refused("Missing (or invalid type) array parameter hashes", b => b.Remove("hashes"));
        await Refused("Empty hash array", b => b["hashes"] = new JsonArray());
        await Refused("Invalid Base64 hash string parameter", b => b["hashes"] = new JsonArray("@@@"));
        await Refused("Invalid digest value length", b => b["hashes"] = new JsonArray("AAAA"));
        await Refused("Missing (or invalid type) string parameter hashAlgorithmOID", b => b.Remove("hashAlgorithmOID"));
        await Refused("Invalid parameter hashAlgorithmOID", b => b["hashAlgorithmOID"] = "1.3.14.3.2.26");
        await Refused("Invalid parameter hashType", b => b["hashType"] = "SODR");
        await Refused("Invalid parameter description", b => b["description"] = new string('x', 501));
        await Refused("Invalid parameter clientData", b => b["clientData"] = 7);
        await Refused("The authentication data is invalid", b => b["PIN"] = "123456", "invalid_authentication_data");
        await Refused("The authentication data is invalid", b => b["authData"] = new JsonArray(new JsonObject { ["id"] = "PIN", ["value"] = "1" }), "invalid_authentication_data");
        await Refused("Invalid parameter authData", b => b["authData"] = "PIN");
        JsonObject fine = AuthorizeBody(_credential, Digest("texts"));
        (fine["description"], fine["authData"]) = (new string('x', 500), new JsonArray(new JsonObject { ["id"] = "PHONE" }));
        await _house.AuthorizeAsync(fine);
    }

    [Test, Property("Clause", "CSC API reference D-2")]
    public async Task Client_with_the_names_of_v1_gives_no_hash_algorithm()
    {
        JsonObject body = AuthorizeBody(_credential, Digest("v1"));
        body["hash"] = body["hashes"]!.DeepClone();
        body.Remove("hashes");
        body.Remove("hashAlgorithmOID");
        Task<Answer> waiting = _house.CscAsync("credentials/authorize", body); // a client of v1 knows no 202
        Guid id = await _house.WaitingAsync(_credential);
        await _house.ConfirmAsync(id);
        Answer answer = await waiting;
        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.OK), answer.Text);
        Assert.That(_house.Module.Transactions[id].Open.HashAlgorithm, Is.EqualTo(Sha256));
    }

    [Test, Property("Clause", "CSC API v2 credentials/authorizeCheck")]
    public async Task Handle_is_invalid_for_others_and_after_its_time()
    {
        Guid id = await _house.AuthorizeAsync(AuthorizeBody(_credential, Digest("handle")));
        (await CheckAsync(id, _house.ServiceToken(_house.Bob))).IsInvalid("Invalid parameter handle");
        (await CheckAsync(id, _house.ServiceToken(client: "other-app"))).IsInvalid("Invalid parameter handle");
        (await CheckAsync(Guid.NewGuid())).IsInvalid("Invalid parameter handle");
        (await CheckAsync("nonsense")).IsInvalid("Invalid parameter handle");
        (await CheckAsync(5)).IsInvalid("Invalid parameter handle");
        (await _house.CscAsync("credentials/authorizeCheck", new { })).IsInvalid("Invalid parameter handle");
        _house.Clock.Advance(TimeSpan.FromMinutes(6));
        (await CheckAsync(id)).IsInvalid("Invalid parameter handle");
        await Eventually.HoldsAsync(async () => await _house.StateAsync(id) == "expired", "the sweeper ends it");
        Assert.That((await _house.EventsAsync("signature-ended.v1", id)).Single().GetProperty("outcome").GetString(), Is.EqualTo("expired"));
        await Eventually.HoldsAsync(() => _house.Module.Transactions[id].Closed, "the module closes it");
        Assert.That((await _house.ConfirmAsync(id)).Error, Is.EqualTo("request_expired"));
    }

    [Test, Property("Clause", "CSC API v2 credentials/authorizeCheck")]
    public async Task Confirmed_but_unused_authorisation_expires_and_its_units_go_back()
    {
        (Guid id, string sad) = await _house.AuthorizedAsync(_credential, Digest("unused"));
        _house.Clock.Advance(TimeSpan.FromMinutes(6));
        (await CheckAsync(id)).IsInvalid("Invalid parameter handle");
        (await _house.CscAsync("signatures/signHash", SignBody(_credential, sad, EcdsaSha256, Digest("unused")))).IsInvalid("SAD expired");
        await Eventually.HoldsAsync(async () => (await _house.EventsAsync("signature-ended.v1", id)).Length == 1, "the sweeper ends it");
        (await _house.CscAsync("signatures/signHash", SignBody(_credential, sad, EcdsaSha256, Digest("unused")))).IsInvalid("SAD expired");
    }

    [Test]
    public async Task Module_that_is_down_is_a_retryable_error_and_leaves_nothing()
    {
        long before = await _house.ScalarAsync<long>("select count(*) from signing_transaction");
        _house.Module.IsDown = true;
        Answer answer = await _house.CscAsync("credentials/authorize", AuthorizeBody(_credential, Digest("down")));
        _house.Module.IsDown = false;
        Assert.That((answer.Status, answer.Error), Is.EqualTo((HttpStatusCode.ServiceUnavailable, "temporarily_unavailable")));
        Assert.That(await _house.ScalarAsync<long>("select count(*) from signing_transaction"), Is.EqualTo(before));
    }

    [Test, Requirement("S1-15"), Property("Clause", "CSC API v2 credentials/authorize")]
    public async Task Client_credentials_reach_the_signer_only_through_the_phone_and_the_contract_says_who_pays()
    {
        string bank = _house.Cluster.Tokens.Issue("bank", "service", "bank");
        Guid id = await _house.AuthorizeAsync(AuthorizeBody(_credential, Digest("bank")), bank);
        Assert.That((await CheckAsync(id, bank)).Status, Is.EqualTo(HttpStatusCode.Accepted));
        JsonElement shown = (await _house.PhoneAsync(HttpMethod.Get, "")).Body.EnumerateArray().Single(each => each.GetProperty("transactionId").GetGuid() == id);
        Assert.That(shown.GetProperty("client").GetProperty("name").GetString(), Is.EqualTo("The Bank"));
        Assert.That(shown.GetProperty("cost").GetProperty("payer").GetString(), Is.EqualTo("client"));
        await _house.ConfirmAsync(id);
        Assert.That((_house.Ledger.Reserved[id].PayerClientId, _house.Ledger.Reserved[id].PayerCustomerId), Is.EqualTo(("bank", "")));
        string sad = await _house.SadAsync(id, bank);
        Answer signed = await _house.CscAsync("signatures/signHash", SignBody(_credential, sad, EcdsaSha256, Digest("bank")), bank);
        Assert.That(signed.Status, Is.EqualTo(HttpStatusCode.OK), signed.Text);
    }

    [Test, Property("Clause", "CSC API reference D-23")]
    public async Task Phone_is_not_flooded()
    {
        await using SigningHouse small = await SigningHouse.StartAsync(new { MaxWaitingRequests = 2 });
        Guid credential = await small.CredentialAsync();
        Guid first = await small.AuthorizeAsync(AuthorizeBody(credential, Digest("1")));
        await small.AuthorizeAsync(AuthorizeBody(credential, Digest("2")));
        Answer third = await small.CscAsync("credentials/authorize", AuthorizeBody(credential, Digest("3")));
        Assert.That((third.Status, third.Error), Is.EqualTo((HttpStatusCode.TooManyRequests, "too_many_requests")), third.Text);
        Assert.That(third.Headers.RetryAfter, Is.Not.Null);
        await small.ConfirmAsync(first);
        await small.AuthorizeAsync(AuthorizeBody(credential, Digest("4")));
    }
}
