using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Pechat.AdES.Jades;

/// <summary>One signature of a JWS: everything base64url, as it stands in the file.</summary>
/// <param name="Protected">Protected header.</param>
/// <param name="Signature">Signature value.</param>
/// <param name="Unsigned">Elements of etsiU in order; base64url strings only.</param>
internal sealed record JwsSignature(string Protected, string Signature, IReadOnlyList<string> Unsigned);

/// <summary>A JWS in one of its three serialisations (RFC 7515 §7); strings of others are kept as they are.</summary>
/// <param name="Payload">Payload member as it stands; null when detached.</param>
/// <param name="Signatures">In order.</param>
/// <param name="IsGeneral">Whether it was read with a list of signatures, which may have one.</param>
internal sealed record JwsDocument(string? Payload, IReadOnlyList<JwsSignature> Signatures, bool IsGeneral = false)
{
    private const int MaxSignatures = 100;
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    /// <summary>Reads untrusted JSON, flattened or general.</summary>
    /// <exception cref="SignatureException">The data is malformed or has another shape.</exception>
    internal static JwsDocument Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            JsonElement root = document.RootElement;
            string? payload = root.TryGetProperty("payload", out JsonElement value) ? Text(value) : null;
            if (!root.TryGetProperty("signatures", out JsonElement list))
                return new JwsDocument(payload, [ReadSignature(root)]);
            if (root.TryGetProperty("signature", out _) || list.GetArrayLength() is < 1 or > MaxSignatures)
                throw new SignatureException("The JWS has no signature, or two serialisations at once.");
            return new JwsDocument(payload, [.. list.EnumerateArray().Select(ReadSignature)], IsGeneral: true);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new SignatureException("This is no JWS in JSON serialisation.", malformed);
        }
    }

    /// <summary>Flattened with one signature, general with several.</summary>
    internal byte[] Write(bool alwaysGeneral) => ProtectedHeader.Json(writer =>
    {
        writer.WriteStartObject();
        if (Payload is not null)
            writer.WriteString("payload", Payload);
        if (Signatures.Count == 1 && !alwaysGeneral)
            WriteMembers(writer, Signatures[0]);
        else
        {
            writer.WriteStartArray("signatures");
            foreach (JwsSignature each in Signatures)
            {
                writer.WriteStartObject();
                WriteMembers(writer, each);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    });

    private static void WriteMembers(Utf8JsonWriter writer, JwsSignature signature)
    {
        writer.WriteString("protected", signature.Protected);
        if (signature.Unsigned.Count > 0)
        {
            writer.WriteStartObject("header");
            writer.WriteStartArray("etsiU");
            foreach (string element in signature.Unsigned)
                writer.WriteStringValue(element);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        writer.WriteString("signature", signature.Signature);
    }

    private static JwsSignature ReadSignature(JsonElement element)
    {
        IReadOnlyList<string> unsigned = [];
        if (element.TryGetProperty("header", out JsonElement header))
        {
            foreach (JsonProperty member in header.EnumerateObject())
            {
                if (member.Name != "etsiU") // TS 119 182-1 §5.3.1: nothing else may stand there
                    throw new SignatureException("The unprotected header has other members than etsiU.");
                unsigned = [.. member.Value.EnumerateArray().Select(Text)]; // clear objects would need a canonical form: refused
            }
        }
        string signature = Text(element.GetProperty("signature"));
        return Base64Url.IsValid(signature)
            ? new JwsSignature(Text(element.GetProperty("protected")), signature, unsigned)
            : throw new SignatureException("The signature value is not base64url.");
    }

    private static string Text(JsonElement element) => element.GetString() ?? throw new SignatureException("A string is missing.");

    internal static string Encode(ReadOnlySpan<byte> octets) => Base64Url.EncodeToString(octets);

    internal static string Encode(string text) => Encode(Encoding.UTF8.GetBytes(text));
}
