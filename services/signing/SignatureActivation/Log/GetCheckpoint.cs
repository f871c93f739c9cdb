using Google.Protobuf;
using Grpc.Core;
using Npgsql;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Hosting;

namespace Pechat.SignatureActivation.Log;

internal sealed partial class SignatureLogService
{
    /// <summary>A signed checkpoint, the latest unless a size is named.</summary>
    [Callers("signing")]
    public override async Task<GetCheckpointReply> GetCheckpoint(GetCheckpointRequest request, ServerCallContext context)
    {
        CancellationToken ct = context.CancellationToken;
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        (_, string note) = await LogStore.CheckpointAsync(connection, request.Size, ct) ?? throw UnknownCheckpoint();
        return new GetCheckpointReply { Note = note, PublicKey = ByteString.CopyFrom(module.Keys.LogPublicKey) };
    }
}
