namespace Pechat.MerkleLog;

/// <summary>Leaves whose Merkle tree hash stands in a proof. The first leaf is a multiple of the largest power of two in the count.</summary>
/// <param name="First">Position of the first leaf, from 0.</param>
/// <param name="Count">How many leaves, at least one.</param>
public readonly record struct LeafRange(long First, long Count);

/// <summary>A node whose subtree is full: it covers the leaves from <c>Index × 2^Level</c>, <c>2^Level</c> of them.</summary>
/// <param name="Level">0: a leaf's hash.</param>
/// <param name="Index">Position among the nodes of the level.</param>
public readonly record struct Node(int Level, long Index);
