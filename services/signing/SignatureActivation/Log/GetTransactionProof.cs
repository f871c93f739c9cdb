using System.Text;
using System.Text.Json;
using Dapper;
using Google.Protobuf;
using Grpc.Core;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Hosting;
using Pechat.MerkleLog;

namespace Pechat.SignatureActivation.Log;

internal sealed partial class SignatureLogService
{
    private sealed record Leaf(long Position, byte[] Hash, string Content);

    /// <summary>Proves every record of a transaction: its activation, and each use of the key.</summary>
    [Callers("signing")]
    public override async Task<GetTransactionProofReply> GetTransactionProof(GetTransactionProofRequest request, ServerCallContext context)
    {
        CancellationToken ct = context.CancellationToken;
        if (!Guid.TryParseExact(request.TransactionId, "D", out Guid transactionId) || !Guid.TryParseExact(request.OwnerId, "D", out Guid owner))
            throw FaultException.Invalid("invalid_request", "transaction_id and owner_id must be UUIDs");
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        int consumed = await connection.QuerySingleOrDefaultAsync<int?>(new CommandDefinition("""
            select (select count(*) from slot where transaction_id = @transactionId and state = 'CONSUMED')::int
            from signing_transaction
            where transaction_id = @transactionId and owner_id = @owner
            """, new { transactionId, owner }, cancellationToken: ct))
            ?? throw FaultException.NotFound("unknown_transaction", "the owner has no such transaction");
        var leaves = (await connection.QueryAsync<Leaf>(new CommandDefinition("""
            select e.position, e.hash, a.content
            from log_entry e join audit a using (chain, number)
            where e.transaction_id = @transactionId
            order by e.position
            """, new { transactionId }, cancellationToken: ct))).AsList();
        // Every slot that was used up has its record, or the record is still on its way.
        if (leaves.Count == 0 || leaves.Sum(leaf => SlotsUsedUp(leaf.Content)) < consumed)
            throw FaultException.Unavailable("not_in_log_yet", "the log does not hold all of the transaction yet; try again in some seconds");
        (long size, string note) = await LogStore.CheckpointAsync(connection, 0, ct) ?? throw UnknownCheckpoint();
        var store = new LogStore(connection, ct);
        var reply = new GetTransactionProofReply { Note = note, PublicKey = ByteString.CopyFrom(module.Keys.LogPublicKey) };
        foreach (Leaf leaf in leaves)
        {
            if (!MerkleTree.LeafHash(Encoding.UTF8.GetBytes(leaf.Content)).AsSpan().SequenceEqual(leaf.Hash))
                throw new InvalidOperationException($"the record at {leaf.Position} of the log was changed");
            var entry = new LogEntryProof { Index = leaf.Position, Content = leaf.Content };
            foreach (LeafRange range in MerkleTree.InclusionProof(leaf.Position, size))
                entry.Path.Add(ByteString.CopyFrom(await store.HashAsync(range)));
            reply.Entries.Add(entry);
        }
        return reply;
    }

    private static int SlotsUsedUp(string content)
    {
        using JsonDocument record = JsonDocument.Parse(content);
        return record.RootElement.GetProperty("event").GetString() == "key.signed"
            ? record.RootElement.GetProperty("data").GetProperty("positions").GetArrayLength()
            : 0;
    }
}
