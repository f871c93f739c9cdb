using System.Buffers.Text;
using System.Text.Json;
using Pechat.Contracts;
using Pechat.Pki;

namespace Pechat.Signing.Csc;

/// <summary>Digests in requests: <c>hashes</c> ≡ <c>hash</c>, one string or an array (D-2), in every Base64 seen in the wild (D-13).</summary>
internal static class Digests
{
    internal const int MaxCount = 1000; // D-20

    /// <summary>Presence and types only (§10.1 step 3); null when absent.</summary>
    internal static IReadOnlyList<string>? Read(CscRequest request)
    {
        IReadOnlyList<string>? hashes = Read(request.Root, "hashes", request.Version), hash = Read(request.Root, "hash", request.Version);
        if (hashes is not null && hash is not null && !hashes.SequenceEqual(hash))
            throw CscRequest.Invalid("The parameters hashes and hash contradict each other");
        return hashes ?? hash;
    }

    internal static IReadOnlyList<string>? Read(JsonElement parent, string name, CscVersion version)
    {
        if (CscRequest.Member(parent, name) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.String)
            return [value.GetString()!];
        if (value.ValueKind != JsonValueKind.Array)
            throw Missing(version);
        if (value.GetArrayLength() == 0)
            throw CscRequest.Invalid("Empty hash array");
        if (value.GetArrayLength() > MaxCount)
            throw new BadHttpRequestException($"More than {MaxCount} digests in one request", StatusCodes.Status413PayloadTooLarge);
        var texts = new string[value.GetArrayLength()];
        int i = 0;
        foreach (JsonElement item in value.EnumerateArray())
            texts[i++] = item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Missing(version);
        return texts;
    }

    internal static FaultException Missing(CscVersion version) => CscRequest.Invalid($"Missing (or invalid type) array parameter {version.Hashes}");

    /// <summary>Decodes all digests and checks their length (§10.1 step 6).</summary>
    internal static byte[][] Decode(IReadOnlyList<string> texts, DigestAlgorithm algorithm, string what = "hash")
    {
        var digests = new byte[texts.Count][];
        for (int i = 0; i < digests.Length; i++)
            digests[i] = DecodeOne(texts[i]) ?? throw CscRequest.Invalid($"Invalid Base64 {what} string parameter");
        if (digests.Any(digest => digest.Length != algorithm.Length))
            throw CscRequest.Invalid("Invalid digest value length");
        return digests;
    }

    /// <summary>Decodes Base64 or base64url, padded or not, also percent-encoded; null when it is none of them.</summary>
    internal static byte[]? DecodeOne(string text)
    {
        if (text.Contains('%', StringComparison.Ordinal))
            text = Uri.UnescapeDataString(text); // leaves '+' alone
        text = text.TrimEnd('=').Replace('+', '-').Replace('/', '_');
        if (text.Length == 0 || text.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')))
            return null; // also refuses the white space that decoders skip
        return Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : null;
    }
}
