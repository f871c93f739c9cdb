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
    /// <summary>Proves that the log only grew between two checkpoints.</summary>
    [Callers("signing")]
    public override async Task<GetConsistencyProofReply> GetConsistencyProof(GetConsistencyProofRequest request, ServerCallContext context)
    {
        CancellationToken ct = context.CancellationToken;
        if (request.FromSize < 1 || request.ToSize < 0)
            throw FaultException.Invalid("invalid_request", "from_size must be positive, and to_size not negative");
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        (long from, string fromNote) = await LogStore.CheckpointAsync(connection, request.FromSize, ct) ?? throw UnknownCheckpoint();
        (long to, string toNote) = await LogStore.CheckpointAsync(connection, request.ToSize, ct) ?? throw UnknownCheckpoint();
        if (to < from)
            throw FaultException.Invalid("invalid_request", "to_size must not be below from_size");
        var store = new LogStore(connection, ct);
        var reply = new GetConsistencyProofReply { FromNote = fromNote, ToNote = toNote, PublicKey = ByteString.CopyFrom(module.Keys.LogPublicKey) };
        foreach (LeafRange range in MerkleTree.ConsistencyProof(from, to))
            reply.Path.Add(ByteString.CopyFrom(await store.HashAsync(range)));
        return reply;
    }
}
