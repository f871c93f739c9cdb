using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Pechat.MerkleLog;

namespace Pechat.Shared.Tests.MerkleLog;

public sealed class CheckpointTests
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private byte[] PublicKey => _key.ExportSubjectPublicKeyInfo();

    [OneTimeTearDown]
    public void Dispose() => _key.Dispose();

    [Test, Property("Clause", "C2SP tlog-checkpoint")]
    public void A_checkpoint_has_the_published_form()
    {
        // The body of the specification's example.
        var checkpoint = new Checkpoint("example.com/behind-the-sofa", 20852163, Convert.FromBase64String("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="));
        Assert.That(checkpoint.Body, Is.EqualTo("example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"));
        string note = Signed(checkpoint);
        Assert.That(note, Does.StartWith(checkpoint.Body + "\n\u2014 example.com/behind-the-sofa ").And.EndsWith("\n"));
        Assert.That(Checkpoint.Open(note, PublicKey)!.Body, Is.EqualTo(checkpoint.Body));
        string witnessed = note + "\u2014 witness.example AAAAAAAA\n";
        Assert.That(Checkpoint.Open(witnessed, PublicKey), Is.Not.Null, "somebody else's signature beside it does no harm");
    }

    [Test]
    public void What_the_key_did_not_sign_is_no_checkpoint()
    {
        string note = Signed(new Checkpoint("log", 7, new byte[32]));
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.That(Checkpoint.Open(note, other.ExportSubjectPublicKeyInfo()), Is.Null);
        foreach (string spoilt in new[]
        {
            note.Replace("\n7\n", "\n8\n", StringComparison.Ordinal), note.Replace("\n7\n", "\n07\n", StringComparison.Ordinal), note.Replace("log\n7", "gol\n7", StringComparison.Ordinal),
            note.Replace("\n7\n", "\n7\nmore\n", StringComparison.Ordinal), note[..^1], note[..^12] + "\n", "", "\n\n\u2014 ", "log\n7\nx\n\n\u2014 log x\n", new string('x', 10_000),
        })
            Assert.That(Checkpoint.Open(spoilt, PublicKey), Is.Null, spoilt);
    }

    [Test]
    public void A_proof_holds_until_anything_in_it_changes()
    {
        string[] contents = ["first", "second", "третий"];
        byte[][] hashes = [.. contents.Select(content => MerkleTree.LeafHash(Encoding.UTF8.GetBytes(content)))];
        byte[] pair = MerkleTree.NodeHash(hashes[0], hashes[1]);
        string note = Signed(new Checkpoint("log", 3, MerkleTree.NodeHash(pair, hashes[2])));
        var proof = new LogProof(note, [new(2, contents[2], [Convert.ToBase64String(pair)]), new(0, contents[0], [Convert.ToBase64String(hashes[1]), Convert.ToBase64String(hashes[2])])]);
        LogProof read = ProofFile.Read<LogProof>(JsonSerializer.Serialize(proof, JsonSerializerOptions.Web));
        Assert.That(read.Fault(PublicKey), Is.Null);
        foreach (LogProof spoilt in new[]
        {
            proof with { Entries = [] }, proof with { Entries = [proof.Entries[0] with { Content = "третья" }] }, proof with { Entries = [proof.Entries[0] with { Index = 1 }] },
            proof with { Entries = [proof.Entries[0] with { Path = ["%"] }] }, proof with { Entries = [proof.Entries[0], proof.Entries[1] with { Path = proof.Entries[0].Path }] },
            proof with { Checkpoint = Signed(new Checkpoint("log", 3, pair)) },
        })
            Assert.That(spoilt.Fault(PublicKey), Is.Not.Null);
        var growth = new GrowthProof(Signed(new Checkpoint("log", 2, pair)), note, [Convert.ToBase64String(hashes[2])]);
        Assert.That(growth.Fault(PublicKey), Is.Null);
        Assert.That((growth with { From = note, To = growth.From }).Fault(PublicKey), Is.Not.Null, "a log does not shrink");
        Assert.That((growth with { From = Signed(new Checkpoint("other", 2, pair)) }).Fault(PublicKey), Is.Not.Null, "nor become another");
        Assert.That((growth with { From = Signed(new Checkpoint("log", 2, hashes[0])) }).Fault(PublicKey), Is.Not.Null, "nor have had another beginning");
    }

    private string Signed(Checkpoint checkpoint) => checkpoint.Sign(PublicKey,
        _key.SignData(Encoding.UTF8.GetBytes(checkpoint.Body), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
}
