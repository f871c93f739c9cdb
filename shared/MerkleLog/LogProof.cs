using System.Text;
using System.Text.Json;

namespace Pechat.MerkleLog;

/// <summary>One entry of a log and the proof that it stands in it.</summary>
/// <param name="Index">Position of the leaf.</param>
/// <param name="Content">The leaf itself; hashed as UTF-8.</param>
/// <param name="Path">Inclusion proof, base64.</param>
public sealed record ProvenEntry(long Index, string Content, IReadOnlyList<string> Path);

/// <summary>What a customer keeps: entries, a checkpoint, and proofs that tie them together. Checked offline with the log's public key.</summary>
/// <param name="Checkpoint">Signed note.</param>
/// <param name="Entries">Each proven against the checkpoint.</param>
public sealed record LogProof(string Checkpoint, IReadOnlyList<ProvenEntry> Entries)
{
    /// <summary>Why the proof does not hold.</summary>
    /// <param name="publicKey">SubjectPublicKeyInfo of the log, from a source that is not the proof.</param>
    /// <returns>Null when it holds.</returns>
    public string? Fault(ReadOnlySpan<byte> publicKey)
    {
        if (MerkleLog.Checkpoint.Open(Checkpoint, publicKey) is not { } checkpoint)
            return "the checkpoint is not signed by the log's key";
        if (Entries.Count == 0)
            return "it proves no entry";
        foreach (ProvenEntry entry in Entries)
        {
            if (Base64.Decode(entry.Path) is not { } path
                || !MerkleTree.VerifyInclusion(MerkleTree.LeafHash(Encoding.UTF8.GetBytes(entry.Content)), entry.Index, checkpoint.Size, path, checkpoint.Root))
                return $"entry {entry.Index} does not stand in the log of the checkpoint";
        }
        return null;
    }
}

/// <summary>That a log only grew from one checkpoint to another.</summary>
/// <param name="From">The earlier signed note.</param>
/// <param name="To">The later one.</param>
/// <param name="Path">Consistency proof, base64.</param>
public sealed record GrowthProof(string From, string To, IReadOnlyList<string> Path)
{
    /// <summary>Why the proof does not hold.</summary>
    /// <param name="publicKey">SubjectPublicKeyInfo of the log, from a source that is not the proof.</param>
    /// <returns>Null when it holds.</returns>
    public string? Fault(ReadOnlySpan<byte> publicKey)
    {
        if (Checkpoint.Open(From, publicKey) is not { } from || Checkpoint.Open(To, publicKey) is not { } to)
            return "a checkpoint is not signed by the log's key";
        return from.Origin == to.Origin && Base64.Decode(Path) is { } path && MerkleTree.VerifyConsistency(from.Size, from.Root, to.Size, to.Root, path)
            ? null
            : "the later log does not begin with the earlier one";
    }
}

/// <summary>Reads proofs from JSON with camelCase names.</summary>
public static class ProofFile
{
    /// <exception cref="JsonException">Not JSON of that shape.</exception>
    public static T Read<T>(string json) where T : class =>
        JsonSerializer.Deserialize<T>(json, Options) ?? throw new JsonException("null where a proof is expected");

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };
}

internal static class Base64
{
    /// <returns>Null when one of them is not base64.</returns>
    internal static byte[][]? Decode(IReadOnlyList<string> texts)
    {
        var decoded = new byte[texts.Count][];
        for (int i = 0; i < decoded.Length; i++)
        {
            byte[] bytes = new byte[texts[i].Length];
            if (!Convert.TryFromBase64String(texts[i], bytes, out int length))
                return null;
            decoded[i] = bytes[..length];
        }
        return decoded;
    }
}
