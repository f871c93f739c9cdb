using Pechat.MerkleLog;

namespace Pechat.Shared.Tests.MerkleLog;

public sealed class MerkleTreeTests
{
    // The eight leaves and the roots of the reference implementation of Certificate Transparency (RFC 6962), its file merkle_tree_test.
    private static readonly byte[][] Leaves = [.. new[]
    {
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696A6B6C6D6E6F",
    }.Select(Convert.FromHexString)];

    private static readonly string[] Roots =
    [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    [Test, Property("Clause", "RFC 6962 §2.1")]
    public async Task Published_roots_are_computed()
    {
        Assert.That(Hex(MerkleTree.EmptyRoot), Is.EqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
        for (int size = 1; size <= Leaves.Length; size++)
            Assert.That(Hex(await RootAsync(Leaves, size)), Is.EqualTo(Roots[size - 1]), $"{size} leaves");
    }

    [Test, Property("Clause", "RFC 6962 §2.1.1")]
    public async Task Published_inclusion_proof_is_made()
    {
        byte[][] proof = await ProofAsync(MerkleTree.InclusionProof(0, 8), Leaves);
        Assert.That(proof.Select(Hex), Is.EqualTo(new[]
        {
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7", "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        }));
    }

    [Test, Property("Clause", "RFC 6962 §2.1.2")]
    public async Task Published_consistency_proof_is_made()
    {
        byte[][] proof = await ProofAsync(MerkleTree.ConsistencyProof(6, 8), Leaves);
        Assert.That(proof.Select(Hex), Is.EqualTo(new[]
        {
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a", "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        }));
    }

    [Test, Property("Clause", "RFC 6962 §2.1.3")]
    public void Example_of_the_standard_names_the_nodes_of_its_figure()
    {
        // The tree of seven leaves d0 to d6; its nodes are written as the leaves that they cover.
        Assert.That(MerkleTree.InclusionProof(0, 7), Is.EqualTo(new LeafRange[] { new(1, 1), new(2, 2), new(4, 3) }), "d0: [b, h, l]");
        Assert.That(MerkleTree.InclusionProof(3, 7), Is.EqualTo(new LeafRange[] { new(2, 1), new(0, 2), new(4, 3) }), "d3: [c, g, l]");
        Assert.That(MerkleTree.InclusionProof(4, 7), Is.EqualTo(new LeafRange[] { new(5, 1), new(6, 1), new(0, 4) }), "d4: [f, j, k]");
        Assert.That(MerkleTree.InclusionProof(6, 7), Is.EqualTo(new LeafRange[] { new(4, 2), new(0, 4) }), "d6: [i, k]");
        Assert.That(MerkleTree.ConsistencyProof(3, 7), Is.EqualTo(new LeafRange[] { new(2, 1), new(3, 1), new(0, 2), new(4, 3) }), "[c, d, g, l]");
        Assert.That(MerkleTree.ConsistencyProof(4, 7), Is.EqualTo(new LeafRange[] { new(4, 3) }), "[l]");
        Assert.That(MerkleTree.ConsistencyProof(6, 7), Is.EqualTo(new LeafRange[] { new(4, 2), new(6, 1), new(0, 4) }), "[i, j, k]");
    }

    [Test, Property("Clause", "RFC 9162 §2.1.3.2")]
    public async Task Every_leaf_of_every_size_is_proven_and_nothing_else()
    {
        byte[][] leaves = [.. Enumerable.Range(0, 40).Select(i => BitConverter.GetBytes(i))];
        for (int size = 1; size <= leaves.Length; size++)
        {
            byte[] root = await RootAsync(leaves, size);
            for (int index = 0; index < size; index++)
            {
                byte[] leaf = MerkleTree.LeafHash(leaves[index]), other = MerkleTree.LeafHash("another"u8);
                byte[][] proof = await ProofAsync(MerkleTree.InclusionProof(index, size), leaves);
                Assert.That(MerkleTree.VerifyInclusion(leaf, index, size, proof, root), Is.True, $"{index} of {size}");
                Assert.That(MerkleTree.VerifyInclusion(other, index, size, proof, root), Is.False);
                Assert.That(MerkleTree.VerifyInclusion(leaf, index + 1, size, proof, root), Is.False);
                Assert.That(MerkleTree.VerifyInclusion(leaf, index, size, [.. proof, leaf], root), Is.False, "a hash too many");
                if (proof.Length > 0)
                    Assert.That(MerkleTree.VerifyInclusion(leaf, index, size, proof[..^1], root), Is.False, "a hash too few");
            }
        }
        (byte[] one, byte[] two) = (await RootAsync(leaves, 1), await RootAsync(leaves, 2));
        Assert.That(MerkleTree.VerifyInclusion(MerkleTree.LeafHash(leaves[0]), -1, 1, [], one), Is.False);
        Assert.That(MerkleTree.VerifyInclusion(MerkleTree.LeafHash(leaves[0]), 0, 2, [[1]], two), Is.False, "a short hash");
    }

    [Test, Property("Clause", "RFC 9162 §2.1.4.2")]
    public async Task Growth_from_every_size_to_every_size_is_proven_and_nothing_else()
    {
        byte[][] leaves = [.. Enumerable.Range(0, 36).Select(i => BitConverter.GetBytes(i))];
        byte[] forked = await RootAsync([.. leaves[..20], "fork"u8.ToArray(), .. leaves[21..]], 36);
        for (int second = 1; second <= leaves.Length; second++)
        {
            byte[] later = await RootAsync(leaves, second);
            for (int first = 1; first <= second; first++)
            {
                byte[] earlier = await RootAsync(leaves, first);
                byte[][] proof = await ProofAsync(MerkleTree.ConsistencyProof(first, second), leaves);
                Assert.That(MerkleTree.VerifyConsistency(first, earlier, second, later, proof), Is.True, $"{first} to {second}");
                Assert.That(MerkleTree.VerifyConsistency(first, earlier, second, forked, proof), Is.False);
                Assert.That(MerkleTree.VerifyConsistency(first, forked, second, later, proof), Is.False);
                Assert.That(MerkleTree.VerifyConsistency(first, earlier, second, later, [.. proof, later]), Is.False, "a hash too many");
                if (proof.Length > 0)
                    Assert.That(MerkleTree.VerifyConsistency(first, earlier, second, later, proof[1..]), Is.False, "a hash too few");
            }
        }
        byte[] one = await RootAsync(leaves, 1);
        Assert.That(MerkleTree.VerifyConsistency(0, MerkleTree.EmptyRoot, 1, one, []), Is.False, "nothing proves the empty tree");
    }

    [Test, Property("Clause", "C2SP tlog-tiles")]
    public async Task Tiles_give_every_root_of_a_log_that_grew_in_steps()
    {
        const int Size = 70_000; // two full tiles of level 1, and some
        byte[][] hashes = [.. Enumerable.Range(0, Size).Select(i => MerkleTree.LeafHash(BitConverter.GetBytes(i)))];
        List<byte[]>[] levels = [[], [], [], []];
        int size = 0;
        foreach (int step in new[] { 1, 254, 1, 300, 65_000, 4_444 })
        {
            levels[0].AddRange(hashes[size..(size + step)]);
            foreach ((int level, long index) in Tiles.Filled(size, size + step))
                levels[level + 1].Add(MerkleTree.FullRoot(levels[level].GetRange((int)index * Tiles.Width, Tiles.Width)));
            size += step;
            byte[] root = await MerkleTree.HashAsync(new(0, size), node => Tiles.ReadAsync(node, Read));
            Assert.That(root, Is.EqualTo(await MerkleTree.HashAsync(new(0, size),
                node => ValueTask.FromResult(MerkleTree.FullRoot(hashes[(int)(node.Index << node.Level)..(int)((node.Index + 1) << node.Level)])))), $"{size}");
        }
        Assert.That(levels.Select(level => level.Count), Is.EqualTo(new[] { Size, Size / 256, Size / 256 / 256, 0 }));
        Assert.ThrowsAsync<InvalidOperationException>(async () => await Tiles.ReadAsync(new Node(0, Size), Read));

        ValueTask<IReadOnlyList<byte[]>> Read(int level, long index) =>
            ValueTask.FromResult<IReadOnlyList<byte[]>>([.. levels[level].Skip((int)index * Tiles.Width).Take(Tiles.Width)]);
    }

    private static ValueTask<byte[]> RootAsync(byte[][] leaves, int size) => HashAsync(new(0, size), leaves);

    private static async Task<byte[][]> ProofAsync(IReadOnlyList<LeafRange> ranges, byte[][] leaves)
    {
        List<byte[]> proof = [];
        foreach (LeafRange range in ranges)
            proof.Add(await HashAsync(range, leaves));
        return [.. proof];
    }

    private static ValueTask<byte[]> HashAsync(LeafRange range, byte[][] leaves) => MerkleTree.HashAsync(range,
        node => ValueTask.FromResult(MerkleTree.FullRoot([.. leaves[(int)(node.Index << node.Level)..(int)((node.Index + 1) << node.Level)].Select(leaf => MerkleTree.LeafHash(leaf))])));

    private static string Hex(byte[] hash) => Convert.ToHexStringLower(hash);
}
