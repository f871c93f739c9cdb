using Dapper;
using Npgsql;
using Pechat.MerkleLog;

namespace Pechat.SignatureActivation.Log;

/// <summary>A checkpoint as its row says.</summary>
internal sealed record SignedCheckpoint(long Size, string Note);

/// <summary>Reads hashes of the log out of the database, tile by tile; keeps what it read, so it serves one question.</summary>
internal sealed class LogStore(NpgsqlConnection connection, CancellationToken ct)
{
    private readonly Dictionary<(int Level, long Index), IReadOnlyList<byte[]>> _tiles = [];

    /// <summary>Merkle tree hash of a range of leaves.</summary>
    internal ValueTask<byte[]> HashAsync(LeafRange range) => MerkleTree.HashAsync(range, node => Tiles.ReadAsync(node, TileAsync));

    /// <summary>The hashes that a tile has so far.</summary>
    internal async ValueTask<IReadOnlyList<byte[]>> TileAsync(int level, long index)
    {
        if (!_tiles.TryGetValue((level, index), out IReadOnlyList<byte[]>? tile))
        {
            string sql = level == 0
                ? "select hash from log_entry where position >= @first and position < @end order by position"
                : "select hash from log_node where level = @level and position >= @first and position < @end order by position";
            _tiles[(level, index)] = tile = (await connection.QueryAsync<byte[]>(new CommandDefinition(
                sql, new { level, first = index * Tiles.Width, end = (index + 1) * Tiles.Width }, cancellationToken: ct))).AsList();
        }
        return tile;
    }

    /// <summary>A checkpoint that was signed; the latest for size 0.</summary>
    internal static Task<SignedCheckpoint?> CheckpointAsync(NpgsqlConnection connection, long size, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<SignedCheckpoint>(new CommandDefinition(
            "select size, note from log_checkpoint where @size in (0, size) order by log_checkpoint.size desc limit 1", new { size }, cancellationToken: ct));
}
