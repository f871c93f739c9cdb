using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Pechat.Hosting.Jose;

/// <summary>
/// A compact JWS (RFC 7515 §7.1) with ES256, the only algorithm here. Reading it proves nothing; only <see cref="IsSignedBy"/> does.
/// </summary>
public sealed class CompactJws
{
    /// <summary>Longest accepted token, characters.</summary>
    public const int MaxLength = 16_384;

    /// <summary>JSON without comments, trailing commas or members given twice.</summary>
    internal static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    private readonly byte[] _input;
    private readonly byte[] _signature;

    private CompactJws(string? keyId, JsonElement payload, byte[] input, byte[] signature) =>
        (KeyId, Payload, _input, _signature) = (keyId, payload, input, signature);

    /// <summary>The header's <c>kid</c>, unproven.</summary>
    public string? KeyId { get; }

    /// <summary>The payload, a JSON object; unproven until <see cref="IsSignedBy"/> says true.</summary>
    public JsonElement Payload { get; }

    /// <summary>Takes a token apart.</summary>
    /// <exception cref="FormatException">The text is no compact JWS with ES256 and a JSON object inside.</exception>
    public static CompactJws Parse(string? token)
    {
        string[] parts = token is { Length: <= MaxLength } ? token.Split('.') : [];
        if (parts.Length != 3 || !TryDecode(parts[0], out byte[] header) || !TryDecode(parts[1], out byte[] payload)
            || !TryDecode(parts[2], out byte[] signature) || signature.Length != 64)
            throw new FormatException("the token must be a compact JWS of three base64url parts");
        JsonElement head = Read(header);
        // RFC 7515 §4.1.11: whoever does not understand a critical header must refuse; we understand none.
        if (Text(head, "alg") != "ES256" || head.TryGetProperty("crit", out _))
            throw new FormatException("the token must be signed with ES256 and have no critical header");
        return new(Text(head, "kid"), Read(payload), Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), signature);
    }

    /// <summary>Signs a payload.</summary>
    /// <param name="payload">What serialises to a JSON object.</param>
    /// <param name="key">Private key on P-256.</param>
    /// <param name="keyId">For the header; null for none.</param>
    /// <param name="type">The header's <c>typ</c>.</param>
    public static string Sign(object payload, ECDsa key, string? keyId = null, string type = "JWT")
    {
        ArgumentNullException.ThrowIfNull(key);
        var header = new Dictionary<string, string> { ["alg"] = "ES256", ["typ"] = type };
        if (keyId is not null)
            header["kid"] = keyId;
        string input = Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(header)) + "."
            + Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(payload));
        return input + "." + Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256));
    }

    /// <summary>Whether the signature verifies under a key.</summary>
    public bool IsSignedBy(EcPublicKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        using ECDsa ecdsa = key.Import();
        return ecdsa.VerifyData(_input, _signature, HashAlgorithmName.SHA256);
    }

    /// <summary>Whether a payload member is exactly this text.</summary>
    public bool Has(string member, string value) => string.Equals(Text(Payload, member), value, StringComparison.Ordinal);

    /// <summary>A payload member as a point in time (RFC 7519 NumericDate); null when absent or of another kind.</summary>
    public DateTimeOffset? Time(string member) =>
        Payload.TryGetProperty(member, out JsonElement value) && value.ValueKind == JsonValueKind.Number
        && value.TryGetDouble(out double seconds) && seconds is >= 0 and < 253_402_300_800 // year 10000
            ? DateTimeOffset.UnixEpoch.AddSeconds(seconds) : null;

    /// <summary>A payload member as text; null when absent or of another kind.</summary>
    public string? Text(string member) => Text(Payload, member);

    internal static bool TryDecode(string text, out byte[] bytes)
    {
        bytes = [];
        if (text.Any(c => !(char.IsAsciiLetterOrDigit(c) || c is '-' or '_')) || !Base64Url.IsValid(text))
            return false;
        bytes = Base64Url.DecodeFromChars(text);
        return true;
    }

    private static JsonElement Read(byte[] json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone() : throw new FormatException("the parts of the token must be JSON objects");
        }
        catch (JsonException e)
        {
            throw new FormatException("the parts of the token must be JSON objects", e);
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
