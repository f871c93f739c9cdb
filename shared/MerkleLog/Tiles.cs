namespace Pechat.MerkleLog;

/// <summary>
/// The node layout of C2SP tlog-tiles: a tile of level L holds 256 hashes, each the root of 256^L leaves; the root of a full tile is one hash of level
/// L + 1. Whoever stores the hashes of the tiles can read every full subtree.
/// </summary>
public static class Tiles
{
    /// <summary>Hashes in a full tile.</summary>
    public const int Width = 256;

    private const int Height = 8; // levels of the tree in a tile

    /// <summary>Reads the hash of a full subtree out of the tile that holds it.</summary>
    /// <param name="node">Which subtree.</param>
    /// <param name="readTile">Reads what a tile has so far: level and index of the tile.</param>
    public static async ValueTask<byte[]> ReadAsync(Node node, Func<int, long, ValueTask<IReadOnlyList<byte[]>>> readTile)
    {
        ArgumentNullException.ThrowIfNull(readTile);
        int level = node.Level / Height, count = 1 << (node.Level % Height);
        long first = node.Index * count;
        IReadOnlyList<byte[]> tile = await readTile(level, first / Width).ConfigureAwait(false);
        int offset = (int)(first % Width);
        return offset + count <= tile.Count
            ? MerkleTree.FullRoot([.. tile.Skip(offset).Take(count)])
            : throw new InvalidOperationException($"tile {level}/{first / Width} has {tile.Count} hashes, and hash {offset + count - 1} is asked for");
    }

    /// <summary>The tiles that become full when a tree grows, lower levels first.</summary>
    /// <param name="before">Leaves before.</param>
    /// <param name="after">Leaves after.</param>
    public static IEnumerable<(int Level, long Index)> Filled(long before, long after)
    {
        for (int level = 0; after >= Width; level++)
        {
            (before, after) = (before / Width, after / Width);
            for (long index = before; index < after; index++)
                yield return (level, index);
        }
    }
}
