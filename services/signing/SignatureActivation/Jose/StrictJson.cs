using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pechat.SignatureActivation.Jose;

/// <summary>Strict readers of what stands inside JOSE messages: every member known, none twice, none missing, one spelling of everything.</summary>
internal static class StrictJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        NumberHandling = JsonNumberHandling.Strict,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        MaxDepth = 8,
    };

    /// <exception cref="JoseException">Not JSON of exactly this shape.</exception>
    internal static T Read<T>(ReadOnlySpan<byte> utf8) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(utf8, Options) ?? throw new JoseException("null where an object is expected");
        }
        catch (JsonException)
        {
            throw new JoseException($"the JSON is not a {typeof(T).Name}"); // the parser's message would quote content
        }
    }

    /// <exception cref="JoseException">Not JSON of exactly this shape.</exception>
    internal static T Read<T>(string json) where T : class => Read<T>(Encoding.UTF8.GetBytes(json));

    internal static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    /// <summary>base64url without padding (RFC 7515 §2), in its one canonical spelling.</summary>
    /// <exception cref="JoseException">Another spelling.</exception>
    internal static byte[] Bytes(string text)
    {
        try
        {
            byte[] bytes = Base64Url.DecodeFromChars(text);
            if (Base64Url.EncodeToString(bytes) == text)
                return bytes;
        }
        catch (FormatException)
        {
            throw new JoseException("this is not base64url");
        }
        throw new JoseException("this is not canonical base64url");
    }

    internal static string Text(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);
}
