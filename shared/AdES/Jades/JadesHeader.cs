using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Pechat.AdES.Jades;

/// <summary>Rules for the protected header of another's JAdES signature (TS 119 182-1 §5.1, RFC 7515 §4.1.11).</summary>
internal static class JadesHeader
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>Whether the payload is signed raw.</summary>
    /// <param name="encoded">base64url of the header, untrusted.</param>
    /// <exception cref="SignatureException">The header breaks a rule.</exception>
    internal static bool IsRaw(string encoded)
    {
        try
        {
            using var document = JsonDocument.Parse(Base64Url.DecodeFromUtf8(Encoding.ASCII.GetBytes(encoded)), Strict);
            JsonElement header = document.RootElement;
            if (header.TryGetProperty("iat", out _) == header.TryGetProperty("sigT", out _))
                throw new SignatureException("Exactly one of iat and sigT states the time of signing.");
            bool raw = header.TryGetProperty("b64", out JsonElement b64) && !b64.GetBoolean();
            CheckCritical(header);
            return raw;
        }
        catch (Exception malformed) when (malformed is JsonException or FormatException or InvalidOperationException)
        {
            throw new SignatureException("The protected header is malformed.", malformed);
        }
    }

    private static void CheckCritical(JsonElement header)
    {
        List<string?> critical = header.TryGetProperty("crit", out JsonElement crit) ? [.. crit.EnumerateArray().Select(each => each.GetString())] : [];
        string[] expected = [.. new[] { "sigD", "b64" }.Where(name => header.TryGetProperty(name, out _))];
        if (critical.Count != expected.Length || expected.Except(critical).Any() || (crit.ValueKind == JsonValueKind.Array && critical.Count == 0))
            throw new SignatureException("crit must name sigD and b64 when they are there, and nothing else.");
    }
}
