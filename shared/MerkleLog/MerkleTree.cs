using System.Numerics;
using System.Security.Cryptography;

namespace Pechat.MerkleLog;

/// <summary>The Merkle tree of RFC 6962 §2.1 with SHA-256: which hashes a proof has, and how a proof is verified.</summary>
public static class MerkleTree
{
    /// <summary>Octets of a hash.</summary>
    public const int HashLength = SHA256.HashSizeInBytes;

    /// <summary>Hash of the tree without leaves.</summary>
    public static byte[] EmptyRoot => SHA256.HashData([]);

    /// <summary>Hash of a leaf: SHA-256(0x00 ‖ data).</summary>
    public static byte[] LeafHash(ReadOnlySpan<byte> data)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([0]);
        hash.AppendData(data);
        return hash.GetHashAndReset();
    }

    /// <summary>Hash of an inner node: SHA-256(0x01 ‖ left ‖ right).</summary>
    public static byte[] NodeHash(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Span<byte> input = stackalloc byte[1 + (2 * HashLength)];
        input[0] = 1;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + HashLength)..]);
        return SHA256.HashData(input);
    }

    /// <summary>Root of a full subtree from the hashes of all its nodes at one level.</summary>
    /// <param name="hashes">A power of two of them, in order.</param>
    public static byte[] FullRoot(IReadOnlyList<byte[]> hashes)
    {
        ArgumentNullException.ThrowIfNull(hashes);
        if (!BitOperations.IsPow2(hashes.Count))
            throw new ArgumentException("a full subtree has a power of two of nodes", nameof(hashes));
        byte[][] level = [.. hashes];
        while (level.Length > 1)
            level = [.. Enumerable.Range(0, level.Length / 2).Select(i => NodeHash(level[2 * i], level[(2 * i) + 1]))];
        return level[0];
    }

    /// <summary>The full subtrees that make up a range, from left to right.</summary>
    public static IEnumerable<Node> Nodes(LeafRange range)
    {
        long first = range.First;
        for (long left = range.Count; left > 0;)
        {
            int level = BitOperations.Log2((ulong)left);
            yield return new Node(level, first >> level);
            first += 1L << level;
            left -= 1L << level;
        }
    }

    /// <summary>Merkle tree hash of a range.</summary>
    /// <param name="range">Which leaves.</param>
    /// <param name="read">Reads the hash of a full subtree.</param>
    public static async ValueTask<byte[]> HashAsync(LeafRange range, Func<Node, ValueTask<byte[]>> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        byte[]? hash = null;
        foreach (Node node in Nodes(range).Reverse())
        {
            byte[] left = await read(node).ConfigureAwait(false);
            hash = hash is null ? left : NodeHash(left, hash);
        }
        return hash ?? EmptyRoot;
    }

    /// <summary>What an inclusion proof consists of, from the leaf up (RFC 6962 §2.1.1).</summary>
    /// <param name="index">Position of the leaf.</param>
    /// <param name="size">Leaves in the tree.</param>
    public static IReadOnlyList<LeafRange> InclusionProof(long index, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        List<LeafRange> fromTop = [];
        for (LeafRange tree = new(0, size); tree.Count > 1;)
        {
            long half = Half(tree.Count);
            LeafRange left = new(tree.First, half), right = new(tree.First + half, tree.Count - half);
            (tree, LeafRange sibling) = index < right.First ? (left, right) : (right, left);
            fromTop.Add(sibling);
        }
        fromTop.Reverse();
        return fromTop;
    }

    /// <summary>What a consistency proof consists of (RFC 6962 §2.1.2).</summary>
    /// <param name="first">Leaves in the earlier tree, at least one.</param>
    /// <param name="second">Leaves in the later tree.</param>
    public static IReadOnlyList<LeafRange> ConsistencyProof(long first, long second)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, second);
        List<LeafRange> fromTop = [];
        LeafRange tree = new(0, second);
        bool knownToVerifier = true; // the earlier tree itself is the subtree that is left
        while (first != tree.First + tree.Count)
        {
            long half = Half(tree.Count);
            LeafRange left = new(tree.First, half), right = new(tree.First + half, tree.Count - half);
            if (first <= right.First)
            {
                fromTop.Add(right);
                tree = left;
            }
            else
            {
                fromTop.Add(left);
                (tree, knownToVerifier) = (right, false);
            }
        }
        if (!knownToVerifier)
            fromTop.Add(tree);
        fromTop.Reverse();
        return fromTop;
    }

    /// <summary>Whether a leaf stands at a position of the tree with this root (RFC 9162 §2.1.3.2).</summary>
    public static bool VerifyInclusion(ReadOnlySpan<byte> leafHash, long index, long size, IReadOnlyList<byte[]> proof, ReadOnlySpan<byte> root)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (index < 0 || index >= size || proof.Any(hash => hash.Length != HashLength))
            return false;
        (long node, long last) = (index, size - 1);
        byte[] hash = leafHash.ToArray();
        foreach (byte[] sibling in proof)
        {
            if (last == 0)
                return false;
            if ((node & 1) == 1 || node == last)
            {
                hash = NodeHash(sibling, hash);
                while ((node & 1) == 0 && node != 0)
                    (node, last) = (node >> 1, last >> 1);
            }
            else
            {
                hash = NodeHash(hash, sibling);
            }
            (node, last) = (node >> 1, last >> 1);
        }
        return last == 0 && CryptographicOperations.FixedTimeEquals(hash, root);
    }

    /// <summary>Whether the later tree begins with the earlier one (RFC 9162 §2.1.4.2).</summary>
    public static bool VerifyConsistency(
        long first, ReadOnlySpan<byte> firstRoot, long second, ReadOnlySpan<byte> secondRoot, IReadOnlyList<byte[]> proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (first < 1 || first > second || proof.Any(hash => hash.Length != HashLength))
            return false;
        if (first == second)
            return proof.Count == 0 && firstRoot.SequenceEqual(secondRoot);
        List<byte[]> path = [.. proof];
        if (BitOperations.IsPow2(first))
            path.Insert(0, firstRoot.ToArray());
        if (path.Count == 0)
            return false;
        (long node, long last) = (first - 1, second - 1);
        while ((node & 1) == 1)
            (node, last) = (node >> 1, last >> 1);
        (byte[] earlier, byte[] later) = (path[0], path[0]);
        foreach (byte[] hash in path.Skip(1))
        {
            if (last == 0)
                return false;
            if ((node & 1) == 1 || node == last)
            {
                (earlier, later) = (NodeHash(hash, earlier), NodeHash(hash, later));
                while ((node & 1) == 0 && node != 0)
                    (node, last) = (node >> 1, last >> 1);
            }
            else
            {
                later = NodeHash(later, hash);
            }
            (node, last) = (node >> 1, last >> 1);
        }
        return last == 0 && earlier.AsSpan().SequenceEqual(firstRoot) && later.AsSpan().SequenceEqual(secondRoot);
    }

    /// <summary>The largest power of two below a count of at least two.</summary>
    private static long Half(long count) => 1L << BitOperations.Log2((ulong)(count - 1));
}
