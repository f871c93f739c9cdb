using Google.Protobuf;
using Grpc.Core;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Hosting;

namespace Pechat.SignatureActivation.Log;

internal sealed partial class SignatureLogService
{
    private const int MaxTileLevel = 7; // 256^8 leaves exceed 64 bits

    /// <summary>The hashes that a tile has so far.</summary>
    [Callers("signing")]
    public override async Task<GetTileReply> GetTile(GetTileRequest request, ServerCallContext context)
    {
        CancellationToken ct = context.CancellationToken;
        if (request.Level is < 0 or > MaxTileLevel || request.Index is < 0 or > int.MaxValue)
            throw FaultException.Invalid("invalid_request", "there is no tile at this level and index");
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        IReadOnlyList<byte[]> hashes = await new LogStore(connection, ct).TileAsync(request.Level, request.Index);
        return hashes.Count == 0
            ? throw FaultException.NotFound("unknown_tile", "the log has not grown to this tile yet")
            : new GetTileReply { Hashes = ByteString.CopyFrom([.. hashes.SelectMany(hash => hash)]) };
    }
}
