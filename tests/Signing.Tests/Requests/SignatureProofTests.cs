using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Pechat.Contracts;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.MerkleLog;
using Pechat.Signing.Requests;
using static Pechat.Signing.Tests.SigningHouse;

namespace Pechat.Signing.Tests.Requests;

/// <summary>What a signer downloads of the tamper-evident log.</summary>
[TestFixture]
internal sealed class SignatureProofTests : WithCredential
{
    [TestCase("device"), TestCase("portal")]
    public async Task Signer_gets_a_proof_that_holds_offline(string scope)
    {
        Guid id = await _house.AuthorizeAsync(AuthorizeBody(_credential, Digest("proven")));
        (HttpStatusCode status, string body) = await GetAsync($"signatures/{id}/proof", scope);
        Assert.That(status, Is.EqualTo(HttpStatusCode.OK), body);
        LogProof proof = ProofFile.Read<LogProof>(body);
        Assert.That(proof.Fault(_house.Log.PublicKey), Is.Null);
        Assert.That(proof.Entries.Single().Content, Does.Contain(id.ToString()));
        Assert.That(JsonDocument.Parse(body).RootElement.GetProperty("publicKey").GetBytesFromBase64(), Is.EqualTo(_house.Log.PublicKey));
    }

    [Test]
    public async Task Signer_gets_a_proof_that_the_log_only_grew()
    {
        (HttpStatusCode status, string body) = await GetAsync("signatures/log?from=1", "device");
        Assert.That(status, Is.EqualTo(HttpStatusCode.OK), body);
        Assert.That(ProofFile.Read<GrowthProof>(body).Fault(_house.Log.PublicKey), Is.Null);
        Assert.That((await GetAsync("signatures/log?from=9", "device")).Status, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((await GetAsync("signatures/log?from=x", "device")).Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await GetAsync("signatures/log", "device")).Status, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test]
    public async Task Nobody_else_gets_it_and_what_is_not_there_yet_may_be_asked_for_again()
    {
        Guid id = await _house.AuthorizeAsync(AuthorizeBody(_credential, Digest("private")));
        Assert.That((await GetAsync($"signatures/{id}/proof", "device", _house.Bob)).Status, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((await GetAsync($"signatures/{Guid.NewGuid()}/proof", "device")).Status, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((await GetAsync($"signatures/{id}/proof", "service")).Status, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That((await GetAsync($"signatures/{id}/proof", null)).Status, Is.EqualTo(HttpStatusCode.Unauthorized));
        _house.Log.IsBehind = true;
        (HttpStatusCode status, string body) = await GetAsync($"signatures/{id}/proof", "device");
        _house.Log.IsBehind = false;
        Assert.That((status, JsonDocument.Parse(body).RootElement.GetProperty("code").GetString()), Is.EqualTo((HttpStatusCode.ServiceUnavailable, "not_in_log_yet")));
    }

    private async Task<(HttpStatusCode Status, string Body)> GetAsync(string path, string? scope, Guid? customer = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/signing/v1/" + path);
        if (scope is not null)
            request.Headers.Authorization = new("Bearer", _house.Cluster.Tokens.Issue(customer ?? _house.Alice, scope, "app"));
        using HttpResponseMessage answer = await _house.Http.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}

/// <summary>A log of two entries with a key of its own.</summary>
internal sealed class FakeSignatureLog : ISignatureLog, IDisposable
{
    private static readonly byte[] First = MerkleTree.LeafHash("first"u8);

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    internal byte[] PublicKey => _key.ExportSubjectPublicKeyInfo();

    /// <summary>Whether the sequencer has not come by yet.</summary>
    internal bool IsBehind { get; set; }

    public Task<GetTransactionProofReply> ProveTransactionAsync(Guid transaction, Guid owner, CancellationToken ct)
    {
        if (IsBehind)
            throw FaultException.Unavailable("not_in_log_yet", "try again");
        string content = $$$"""{"event":"key.signed","data":{"transactionId":"{{{transaction}}}"}}""";
        byte[] root = MerkleTree.NodeHash(First, MerkleTree.LeafHash(Encoding.UTF8.GetBytes(content)));
        return Task.FromResult(new GetTransactionProofReply
        {
            Note = Sign(new Checkpoint("test", 2, root)), PublicKey = ByteString.CopyFrom(PublicKey),
            Entries = { new LogEntryProof { Index = 1, Content = content, Path = { ByteString.CopyFrom(First) } } },
        });
    }

    public Task<GetConsistencyProofReply> ProveGrowthAsync(long from, long to, CancellationToken ct)
    {
        if (from != 1 || to != 0)
            throw FaultException.NotFound("unknown_checkpoint", "no checkpoint was signed at this size");
        byte[] second = MerkleTree.LeafHash("second"u8);
        return Task.FromResult(new GetConsistencyProofReply
        {
            FromNote = Sign(new Checkpoint("test", 1, First)), ToNote = Sign(new Checkpoint("test", 2, MerkleTree.NodeHash(First, second))),
            Path = { ByteString.CopyFrom(second) }, PublicKey = ByteString.CopyFrom(PublicKey),
        });
    }

    public void Dispose() => _key.Dispose();

    private string Sign(Checkpoint checkpoint) => checkpoint.Sign(PublicKey,
        _key.SignData(Encoding.UTF8.GetBytes(checkpoint.Body), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
}
