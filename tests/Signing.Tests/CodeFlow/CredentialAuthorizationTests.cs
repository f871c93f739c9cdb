using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Core;
using Pechat.Contracts.Signing.V1;
using static Pechat.Signing.Tests.SigningHouse;

namespace Pechat.Signing.Tests.CodeFlow;

/// <summary>What the authorisation server asks, and what its credential tokens open.</summary>
[TestFixture]
internal sealed class CredentialAuthorizationTests
{
    private SigningHouse _house = null!;
    private Guid _credential;
    private CredentialAuthorization.CredentialAuthorizationClient _identity = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _house = await SigningHouse.StartAsync(new { MultiSign = 5 });
        _credential = await _house.CredentialAsync();
        _identity = new(_house.Cluster.Channel(_house.Service, "identity"));
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _house.Cluster.Logs.Verify();
        await _house.DisposeAsync();
    }

    private OpenAuthorizationRequest Request(params byte[][] digests) => new()
    {
        TransactionId = Guid.NewGuid().ToString(),
        CustomerId = _house.Alice.ToString(),
        ClientId = "app",
        CredentialId = _credential.ToString(),
        HashAlgorithm = Sha256,
        Description = "Two contracts",
        Digests = { digests.Select((digest, i) => new DocumentDigest { Hash = ByteString.CopyFrom(digest), Label = i == 0 ? "contract.pdf" : "" }) },
    };

    private async Task<Guid> ConfirmedAsync(params byte[][] digests)
    {
        OpenAuthorizationRequest request = Request(digests);
        await _identity.OpenAsync(request);
        Guid id = Guid.Parse(request.TransactionId);
        Answer confirmed = await _house.ConfirmAsync(id);
        Assert.That(confirmed.Status, Is.EqualTo(HttpStatusCode.OK), confirmed.Text);
        return id;
    }

    private Task<Answer> SignAsync(string token, string? sad, params byte[][] digests)
    {
        JsonObject body = SignBody(_credential, sad ?? "", EcdsaSha256, digests);
        if (sad is null)
            body.Remove("SAD");
        return _house.CscAsync("signatures/signHash", body, token);
    }

    [Test, Property("Clause", "CSC API v2 §8.4.2")]
    public async Task Phone_is_shown_what_the_consent_page_shows_and_the_state_follows()
    {
        OpenAuthorizationRequest request = Request(Digest("one"), Digest("two"));
        AuthorizationReply opened = await _identity.OpenAsync(request);
        Assert.That((opened.State, opened.NumSignatures, opened.CredentialId, opened.HashAlgorithm), Is.EqualTo(("pending", 2, _credential.ToString(), Sha256)));
        Assert.That(opened.Digests.Select(each => (each.Label, each.HashType)), Is.EqualTo(new[] { ("contract.pdf", "DTBSR"), ("Document 2", "DTBSR") }));
        Assert.That(opened.CertificateSubject, Is.EqualTo("CN=Ivan Testov,O=Test,C=BG"));
        JsonElement shown = (await _house.PhoneAsync(HttpMethod.Get, "")).Body.EnumerateArray().Single(each => each.GetProperty("transactionId").GetString() == request.TransactionId);
        Assert.That(shown.GetProperty("documents").EnumerateArray().Select(each => each.GetProperty("name").GetString()), Is.EqualTo(new[] { "contract.pdf", "Document 2" }));
        Assert.That((await _identity.OpenAsync(request)).State, Is.EqualTo("pending"), "asking again opens nothing new");
        await _house.ConfirmAsync(Guid.Parse(request.TransactionId));
        AuthorizationReply active = await _identity.GetAsync(new GetAuthorizationRequest { TransactionId = request.TransactionId });
        Assert.That(active.State, Is.EqualTo("active"));
        Assert.That(DateTimeOffset.FromUnixTimeSeconds(active.ExpiresAt), Is.EqualTo(_house.Clock.GetUtcNow().AddMinutes(5)).Within(TimeSpan.FromSeconds(10)));
        string token = _house.CredentialToken(_credential, Guid.Parse(request.TransactionId));
        Assert.That((await SignAsync(token, null, Digest("one"), Digest("two"))).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await _identity.GetAsync(new GetAuthorizationRequest { TransactionId = request.TransactionId })).State, Is.EqualTo("exhausted"));
    }

    [Test]
    public async Task Refusals_have_the_texts_of_the_standard()
    {
        async Task Refused(string text, Action<OpenAuthorizationRequest> change, StatusCode code = StatusCode.InvalidArgument)
        {
            OpenAuthorizationRequest request = Request(Digest("texts"));
            change(request);
            RpcException refusal = Assert.ThrowsAsync<RpcException>(async () => await _identity.OpenAsync(request))!;
            Assert.That((refusal.StatusCode, refusal.Status.Detail), Is.EqualTo((code, text)));
        }

        Guid bobs = await _house.CredentialAsync(_house.Bob), suspended = await _house.CredentialAsync(state: "suspended");
        await Refused("Invalid parameter credentialID", r => r.CredentialId = bobs.ToString());
        await Refused("Invalid parameter credentialID", r => r.CredentialId = "nonsense");
        await Refused("The credential identified by credentialID is disabled", r => r.CredentialId = suspended.ToString());
        await Refused("Invalid parameter signatureQualifier", r => r.SignatureQualifier = "eu_eidas_qeseal");
        await Refused("Missing (or invalid type) array parameter hashes", r => r.Digests.Clear());
        await Refused("Invalid value for parameter numSignatures", r => r.NumSignatures = -1);
        await Refused("Numbers of signatures is too high", r => r.NumSignatures = 6);
        await Refused("The number of hashes must equal numSignatures", r => r.NumSignatures = 2);
        await Refused("Invalid parameter hashAlgorithmOID", r => r.HashAlgorithm = "1.3.14.3.2.26");
        await Refused("Invalid digest value length", r => r.HashAlgorithm = "2.16.840.1.101.3.4.2.2");
        await Refused("Invalid digest value length", r => (r.HashAlgorithm, r.Digests[0].Hash) = ("", ByteString.CopyFrom(new byte[20])));
        await Refused("Invalid parameter hashType", r => r.Digests[0].HashType = "SODR");
        await Refused("Invalid parameter description", r => r.Description = new string('x', 501));
        await Refused("Invalid parameter label", r => r.Digests[0].Label = "a\nb");
    }

    [Test]
    public void Only_identity_may_ask()
    {
        var portal = new CredentialAuthorization.CredentialAuthorizationClient(_house.Cluster.Channel(_house.Service, "portal"));
        Assert.That(Assert.ThrowsAsync<RpcException>(async () => await portal.OpenAsync(Request(Digest("x"))))!.StatusCode, Is.EqualTo(StatusCode.PermissionDenied));
        Assert.That(Assert.ThrowsAsync<RpcException>(async () => await _identity.GetAsync(new GetAuthorizationRequest { TransactionId = "x" }))!.StatusCode, Is.EqualTo(StatusCode.NotFound));
    }

    [Test]
    public async Task Transaction_of_one_customer_is_not_opened_again_for_another()
    {
        OpenAuthorizationRequest request = Request(Digest("mine"));
        await _identity.OpenAsync(request);
        request.CustomerId = _house.Bob.ToString();
        Assert.That(Assert.ThrowsAsync<RpcException>(async () => await _identity.OpenAsync(request))!.StatusCode, Is.EqualTo(StatusCode.InvalidArgument));
    }

    [Test]
    public async Task Closed_authorisation_never_signs()
    {
        OpenAuthorizationRequest waiting = Request(Digest("declined"));
        await _identity.OpenAsync(waiting);
        var id = new GetAuthorizationRequest { TransactionId = waiting.TransactionId };
        Assert.That((await _identity.CloseAsync(id)).State, Is.EqualTo("declined"));
        Assert.That((await _identity.CloseAsync(id)).State, Is.EqualTo("declined"), "closing twice changes nothing");
        Assert.That((await _house.ConfirmAsync(Guid.Parse(waiting.TransactionId))).Error, Is.EqualTo("request_declined"));

        Guid active = await ConfirmedAsync(Digest("revoked"));
        Assert.That((await _identity.CloseAsync(new GetAuthorizationRequest { TransactionId = active.ToString() })).State, Is.EqualTo("closed"));
        Assert.That(_house.Module.Transactions[active].Closed);
        (await SignAsync(_house.CredentialToken(_credential, active), null, Digest("revoked"))).IsInvalid("Invalid parameter SAD");
        Assert.That((await _house.EventsAsync("signature-ended.v1", active)).Single().GetProperty("outcome").GetString(), Is.EqualTo("closed"));
    }

    [Test, Property("Clause", "CSC API reference 11.9 no. 123")]
    public async Task Credential_token_signs_as_bearer_or_as_sad_beside_a_service_token()
    {
        Guid id = await ConfirmedAsync(Digest("a"), Digest("b"), Digest("c"));
        string token = _house.CredentialToken(_credential, id);
        Assert.That((await SignAsync(token, null, Digest("a"))).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await SignAsync(_house.ServiceToken(), token, Digest("b"))).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await SignAsync(token, token, Digest("c"))).Status, Is.EqualTo(HttpStatusCode.OK));
        (await SignAsync(token, null, Digest("a"))).IsInvalid("Invalid parameter SAD");
        (await SignAsync(_house.ServiceToken(), null, Digest("a"))).IsInvalid("Missing (or invalid type) string parameter SAD");
    }

    [Test, Property("Clause", "CSC API v2 signatures/signHash")]
    public async Task Credential_token_opens_nothing_else()
    {
        Guid id = await ConfirmedAsync(Digest("mine")), other = await ConfirmedAsync(Digest("other"));
        Guid second = await _house.CredentialAsync();
        string token = _house.CredentialToken(_credential, id);
        (await SignAsync(token, _house.CredentialToken(_credential, other), Digest("mine"))).IsInvalid("Invalid parameter SAD");
        (await SignAsync(token, null, Digest("other"))).IsInvalid("Hash is not authorized by the SAD.");
        (await SignAsync(_house.CredentialToken(_credential, id, "other-app"), null, Digest("mine"))).IsInvalid("Invalid parameter SAD");
        (await SignAsync(_house.ServiceToken(client: "other-app"), token, Digest("mine"))).IsInvalid("Invalid parameter SAD");
        (await SignAsync(_house.CredentialToken(_credential, id, customer: _house.Bob), null, Digest("mine"))).IsInvalid("Invalid parameter credentialID");
        (await SignAsync(_house.ServiceToken(), _house.CredentialToken(_credential, id, lifetime: TimeSpan.FromMinutes(-10)), Digest("mine"))).IsInvalid("SAD expired");
        (await SignAsync(_house.ServiceToken(), token + "x", Digest("mine"))).IsInvalid("Invalid parameter SAD");
        (await SignAsync(_house.ServiceToken(), _house.ServiceToken(), Digest("mine"))).IsInvalid("Invalid parameter SAD");
        Assert.That((await SignAsync(_house.Cluster.Tokens.Issue(_house.Alice, "credential", "app"), null, Digest("mine"))).Error, Is.EqualTo("access_denied"));
        foreach (string method in new[] { "credentials/list", "credentials/authorize", "signatures/timestamp" })
            Assert.That((await _house.CscAsync(method, new { }, token)).Status, Is.EqualTo(HttpStatusCode.Forbidden), method);
        Assert.That((await _house.CscAsync("credentials/info", new { credentialID = _credential }, token)).Status, Is.EqualTo(HttpStatusCode.OK), "D-16");
        (await _house.CscAsync("credentials/info", new { credentialID = second }, token)).IsInvalid("Invalid parameter credentialID");
        Assert.That((await SignAsync(token, null, Digest("mine"))).Status, Is.EqualTo(HttpStatusCode.OK), "nothing of all that used it up");
    }

    [Test]
    public async Task Credential_may_be_left_to_the_server_when_there_is_one_choice()
    {
        Guid carol = Guid.NewGuid();
        OpenAuthorizationRequest request = Request(Digest("carol"));
        (request.CustomerId, request.CredentialId) = (carol.ToString(), "");
        Assert.That(Assert.ThrowsAsync<RpcException>(async () => await _identity.OpenAsync(request))!.Status.Detail, Is.EqualTo("Missing (or invalid type) string parameter credentialID"));
        Guid hers = await _house.CredentialAsync(carol);
        Assert.That((await _identity.OpenAsync(request)).CredentialId, Is.EqualTo(hers.ToString()));
    }
}
