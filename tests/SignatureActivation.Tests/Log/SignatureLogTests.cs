using System.Security.Cryptography;
using System.Text.Json;
using Dapper;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.MerkleLog;
using Pechat.SignatureActivation.Audit;
using Pechat.SignatureActivation.Log;
using Pechat.SignatureActivation.Tests.Support;
using Pechat.Testing;

namespace Pechat.SignatureActivation.Tests.Log;

/// <summary>The tamper-evident log, and what somebody cannot do to it who owns the database.</summary>
public sealed class SignatureLogTests
{
    private const int ChainBroken = 6009, UnexpectedDefect = 144;

    private Module _module = null!;
    private LogSequencer _sequencer = null!;
    private SignatureLog.SignatureLogClient _log = null!;

    [SetUp]
    public async Task Start()
    {
        _module = await Module.StartAsync();
        _sequencer = SequencerOf(_module.Service);
        _log = new(_module.Cluster.Channel(_module.Service, "signing"));
    }

    [TearDown]
    public async Task Stop()
    {
        _sequencer.Dispose();
        await _module.DisposeAsync();
    }

    [Test]
    public async Task Activation_and_every_use_of_the_key_are_proven_to_their_owner_offline()
    {
        Phone phone = await _module.EnrolAsync();
        string credential = (await _module.CreateCredentialAsync(phone.Owner)).CredentialId;
        SignRequest request = await _module.ActivatedAsync(phone, credential, Module.Digests(3));
        SignRequest first = request.Clone();
        first.Items.RemoveAt(2);
        first.Items.RemoveAt(1);
        SignReply signed = await _module.Signing.SignAsync(first);
        Assert.That(await Prove(request.TransactionId, phone.Owner), Is.EqualTo("Unavailable not_in_log_yet"));
        await SequenceAsync();
        Assert.That((await ProofAsync(request.TransactionId, phone.Owner)).Proof.Entries, Has.Count.EqualTo(2));
        request.Items.RemoveAt(0);
        await _module.Signing.SignAsync(request);
        Assert.That(await Prove(request.TransactionId, phone.Owner), Is.EqualTo("Unavailable not_in_log_yet"), "a later use is missing");
        await SequenceAsync();

        (LogProof proof, byte[] key) = await ProofAsync(request.TransactionId, phone.Owner);
        Assert.That(proof.Fault(key), Is.Null);
        Assert.That(proof.Entries.Select(EventOf), Is.EqualTo(new[] { "transaction.activating", "key.signed", "key.signed" }));
        Assert.That(proof.Entries[1].Content, Does.Contain(Convert.ToHexString(Module.Digest(0)))
            .And.Contains(Convert.ToHexString(SHA256.HashData(signed.Signatures[0].Span))), "the entry names digest and signature");
        Assert.That((proof with { Entries = [proof.Entries[0] with { Content = proof.Entries[0].Content + " " }] }).Fault(key), Is.Not.Null);

        Phone stranger = await _module.EnrolAsync();
        Assert.That(await Prove(request.TransactionId, stranger.Owner), Is.EqualTo("NotFound unknown_transaction"));
        Assert.That(await Prove("x", phone.Owner), Is.EqualTo("InvalidArgument invalid_request"));
        SignatureLog.SignatureLogClient gateway = new(_module.Cluster.Channel(_module.Service, "gateway"));
        Assert.That(await Module.RefusalOf(gateway.GetCheckpointAsync(new GetCheckpointRequest())), Is.EqualTo("PermissionDenied peer_refused"));
    }

    [Test]
    public async Task A_log_of_many_tiles_only_grows_and_every_checkpoint_proves_it()
    {
        AuditTrail audit = _module.Service.Services.GetRequiredService<AuditTrail>();
        List<long> sizes = [];
        foreach (int count in new[] { 1, 100, 155, 300, 1200 })
        {
            await Task.WhenAll(Enumerable.Range(0, count).Select(i => audit.WriteAsync("test.record", new { i })));
            await SequenceAsync();
            sizes.Add(Checkpoint.Open((await _log.GetCheckpointAsync(new GetCheckpointRequest())).Note, await KeyAsync())!.Size);
        }
        Assert.That(sizes[^1], Is.EqualTo(1756));
        byte[] key = await KeyAsync();
        foreach (long from in sizes)
        {
            foreach (long to in sizes.Where(size => size >= from).Append(0))
            {
                GetConsistencyProofReply reply = await _log.GetConsistencyProofAsync(new GetConsistencyProofRequest { FromSize = from, ToSize = to });
                Assert.That(new GrowthProof(reply.FromNote, reply.ToNote, [.. reply.Path.Select(hash => hash.ToBase64())]).Fault(key), Is.Null, $"{from} to {to}");
            }
        }
        Assert.That((await _log.GetTileAsync(new GetTileRequest { Level = 0, Index = 5 })).Hashes.Length, Is.EqualTo(256 * 32));
        Assert.That((await _log.GetTileAsync(new GetTileRequest { Level = 0, Index = 6 })).Hashes.Length, Is.EqualTo((1756 - (6 * 256)) * 32));
        Assert.That((await _log.GetTileAsync(new GetTileRequest { Level = 1 })).Hashes.Length, Is.EqualTo(6 * 32));
        Assert.That(await Module.RefusalOf(_log.GetTileAsync(new GetTileRequest { Level = 0, Index = 7 })), Is.EqualTo("NotFound unknown_tile"));
        Assert.That(await Module.RefusalOf(_log.GetTileAsync(new GetTileRequest { Level = 8 })), Is.EqualTo("InvalidArgument invalid_request"));
        Assert.That(await Module.RefusalOf(_log.GetConsistencyProofAsync(new GetConsistencyProofRequest { FromSize = 3 })), Is.EqualTo("NotFound unknown_checkpoint"));
        Assert.That(await Module.RefusalOf(_log.GetConsistencyProofAsync(new GetConsistencyProofRequest { FromSize = sizes[1], ToSize = sizes[0] })), Is.EqualTo("InvalidArgument invalid_request"));
    }

    [Test]
    public async Task Two_processes_append_every_record_once()
    {
        TestService second = await _module.StartProcessAsync();
        using LogSequencer other = SequencerOf(second);
        foreach (TestService process in new[] { _module.Service, second })
            await Task.WhenAll(Enumerable.Range(0, 50).Select(i => process.Services.GetRequiredService<AuditTrail>().WriteAsync("test.record", new { i })));
        for (int round = 0; round < 3; round++)
            await Task.WhenAll(_sequencer.RunOnceAsync(CancellationToken.None), other.RunOnceAsync(CancellationToken.None));
        await using NpgsqlConnection connection = await _module.Database.DataSource.OpenConnectionAsync();
        Assert.That(await connection.QuerySingleAsync<(long, long, long)>("select count(*), max(position) + 1, (select count(*) from audit) from log_entry"), Is.EqualTo((100L, 100L, 100L)));
        await second.DisposeAsync();
    }

    [Test]
    public async Task A_record_that_was_dropped_before_it_reached_the_log_is_noticed()
    {
        await WriteAsync(5);
        await _module.RunAsOwnerAsync("delete from audit where number = 3");
        _module.Cluster.Logs.ExpectError(ChainBroken);
        Assert.That(await _sequencer.RunOnceAsync(CancellationToken.None), Is.EqualTo(2), "what comes after it proves nothing");
        Assert.That(_module.Cluster.Logs.Lines.Any(line => line.EventId == ChainBroken), Is.True);
    }

    [Test]
    public async Task A_record_that_was_changed_before_it_reached_the_log_is_noticed()
    {
        await WriteAsync(5);
        await _module.RunAsOwnerAsync("update audit set content = replace(content, 'test', 'tost') where number = 4");
        _module.Cluster.Logs.ExpectError(ChainBroken);
        Assert.That(await _sequencer.RunOnceAsync(CancellationToken.None), Is.EqualTo(3));
    }

    [TestCase("update log_entry set hash = sha256('x') where position = 2", "is not the one that was signed")]
    [TestCase("delete from log_entry where position = 4", "asked for")]
    [TestCase("delete from log_checkpoint; delete from log_entry", "rolled back")]
    [TestCase("update log_checkpoint set note = replace(note, 'pechat', 'potchat')", "not signed by this module")]
    public async Task A_log_that_was_changed_is_not_continued(string attack, string expected)
    {
        await WriteAsync(5);
        await SequenceAsync();
        await SequenceAsync(); // has seen its own checkpoint
        await WriteAsync(1);
        await _module.RunAsOwnerAsync(attack);
        InvalidOperationException? noticed = Assert.ThrowsAsync<InvalidOperationException>(() => _sequencer.RunOnceAsync(CancellationToken.None));
        Assert.That(noticed!.Message, Does.Contain(expected));
        using LogSequencer next = SequencerOf(_module.Service); // as after a crash
        Assert.ThrowsAsync<InvalidOperationException>(() => next.RunOnceAsync(CancellationToken.None));
    }

    [Test]
    public async Task A_record_that_was_changed_afterwards_is_proven_to_nobody()
    {
        Phone phone = await _module.EnrolAsync();
        string credential = (await _module.CreateCredentialAsync(phone.Owner)).CredentialId;
        SignRequest request = await _module.ActivatedAsync(phone, credential, Module.Digests(1));
        await SequenceAsync();
        await _module.RunAsOwnerAsync($"update audit set content = replace(content, 'bank', 'shop') where content like '%{request.TransactionId}%'");
        _module.Cluster.Logs.ExpectError(UnexpectedDefect);
        Assert.That(await Prove(request.TransactionId, phone.Owner), Is.EqualTo("Internal"));
    }

    private async Task WriteAsync(int count)
    {
        AuditTrail audit = _module.Service.Services.GetRequiredService<AuditTrail>();
        for (int i = 0; i < count; i++)
            await audit.WriteAsync("test.record", new { i });
    }

    private async Task SequenceAsync()
    {
        while (await _sequencer.RunOnceAsync(CancellationToken.None) > 0)
        {
        }
    }

    private async Task<byte[]> KeyAsync() => (await _log.GetCheckpointAsync(new GetCheckpointRequest())).PublicKey.ToByteArray();

    private AsyncUnaryCall<GetTransactionProofReply> Ask(string transaction, Guid owner) =>
        _log.GetTransactionProofAsync(new GetTransactionProofRequest { TransactionId = transaction, OwnerId = owner.ToString() });

    private Task<string> Prove(string transaction, Guid owner) => Module.RefusalOf(Ask(transaction, owner));

    private async Task<(LogProof Proof, byte[] Key)> ProofAsync(string transaction, Guid owner)
    {
        GetTransactionProofReply reply = await Ask(transaction, owner);
        return (new LogProof(reply.Note, [.. reply.Entries.Select(entry => new ProvenEntry(entry.Index, entry.Content, [.. entry.Path.Select(hash => hash.ToBase64())]))]),
            reply.PublicKey.ToByteArray());
    }

    private static string EventOf(ProvenEntry entry) => JsonDocument.Parse(entry.Content).RootElement.GetProperty("event").GetString()!;

    private static LogSequencer SequencerOf(TestService process) => ActivatorUtilities.CreateInstance<LogSequencer>(process.Services);
}
