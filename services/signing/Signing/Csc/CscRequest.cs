using System.Buffers;
using System.Text.Json;
using Pechat.Contracts;

namespace Pechat.Signing.Csc;

/// <summary>
/// The JSON object of one CSC call, read with the tolerance of §4.7: unknown members are ignored, <c>null</c> means absent, repeated
/// members are refused. Every accessor refuses a wrong type with the text that the standard recommends.
/// </summary>
internal sealed class CscRequest : IDisposable
{
    internal const int MaxBytes = 1024 * 1024; // D-20

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    private readonly JsonDocument _document;
    private readonly byte[] _buffer;

    private CscRequest(JsonDocument document, byte[] buffer, CscVersion version) =>
        (_document, _buffer, Root, Version) = (document, buffer, document.RootElement, version);

    /// <summary>Version of the path.</summary>
    internal CscVersion Version { get; }

    internal JsonElement Root { get; }

    /// <exception cref="FaultException">The body is not one JSON object.</exception>
    /// <exception cref="BadHttpRequestException">Too large (413) or not JSON by its media type (415, D-26).</exception>
    internal static async ValueTask<CscRequest> ReadAsync(HttpContext http, int maxBytes = MaxBytes)
    {
        if (http.Request.ContentType is { Length: > 0 } type && !http.Request.HasJsonContentType())
            throw new BadHttpRequestException($"Content-Type {type} is not supported, use application/json", StatusCodes.Status415UnsupportedMediaType);
        if (http.Request.ContentLength > maxBytes)
            throw TooLarge(maxBytes);
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)(http.Request.ContentLength ?? 4096) + 1);
        int length = 0;
        try
        {
            for (int read; (read = await http.Request.Body.ReadAsync(buffer.AsMemory(length), http.RequestAborted)) > 0;)
            {
                length += read;
                if (length > maxBytes)
                    throw TooLarge(maxBytes);
                if (length == buffer.Length)
                    buffer = Grow(buffer);
            }
            return Parse(buffer, length, CscVersion.Of(http));
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
            throw;
        }
    }

    /// <summary>Reads a request from text, for tests.</summary>
    internal static CscRequest Parse(ReadOnlySpan<byte> json, CscVersion? version = null)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(json.Length + 1);
        json.CopyTo(buffer);
        return Parse(buffer, json.Length, version ?? CscVersion.V2);
    }

    private static CscRequest Parse(byte[] buffer, int length, CscVersion version)
    {
        try
        {
            var document = JsonDocument.Parse(length == 0 ? "{}"u8.ToArray() : buffer.AsMemory(0, length), Strict);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return new CscRequest(document, buffer, version);
            document.Dispose();
        }
        catch (JsonException)
        {
        }
        throw Invalid("The request body must be one JSON object without repeated members");
    }

    /// <summary>A member, or null when it is absent or JSON null.</summary>
    internal JsonElement? Member(string name) => Member(Root, name);

    internal static JsonElement? Member(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A string that must be there, refused with "Missing (or invalid type) string parameter …".</summary>
    internal string RequiredString(string name) => RequiredString(Root, name);

    internal static string RequiredString(JsonElement parent, string name) =>
        Member(parent, name) is { ValueKind: JsonValueKind.String } value && value.GetString() is { Length: > 0 } text ? text : throw MissingString(name);

    /// <summary>A string that may be absent, refused with "Invalid parameter …" when it is something else.</summary>
    internal string? OptionalString(string name) => OptionalString(Root, name);

    internal static string? OptionalString(JsonElement parent, string name) => Member(parent, name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        _ => throw InvalidParameter(name),
    };

    /// <summary>The algorithm of the digests, under its v2 or its v1 name (D-2); refused when both are given and differ.</summary>
    internal string? HashOid()
    {
        (string name, string alias) = Version == CscVersion.V1 ? ("hashAlgo", "hashAlgorithmOID") : ("hashAlgorithmOID", "hashAlgo");
        if (Member(name) is not { } value)
            return Member(alias) is { } other ? StringOf(other, name) : null;
        string text = StringOf(value, name);
        if (Member(alias) is { } second && StringOf(second, name) != text)
            throw Invalid($"The parameters {name} and {alias} contradict each other");
        return text;
    }

    private static string StringOf(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw MissingString(name);

    internal bool Flag(string name) => Member(name) switch
    {
        null => false,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw InvalidParameter(name),
    };

    /// <summary>Checks the members that nearly every method has: <c>lang</c> and <c>clientData</c> (§4.3).</summary>
    internal void CheckCommon()
    {
        OptionalString("lang");
        OptionalString("clientData");
    }

    internal static FaultException Invalid(string description) => FaultException.Invalid("invalid_request", description);

    internal static FaultException InvalidParameter(string name) => Invalid($"Invalid parameter {name}");

    internal static FaultException MissingString(string name) => Invalid($"Missing (or invalid type) string parameter {name}");

    private static BadHttpRequestException TooLarge(int limit) =>
        new($"The request body is larger than {limit} bytes", StatusCodes.Status413PayloadTooLarge);

    private static byte[] Grow(byte[] buffer)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        return larger;
    }

    /// <summary>Clears the buffer, which may hold a SAD or a document, before it goes back to the pool.</summary>
    public void Dispose()
    {
        _document.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer, clearArray: true);
    }
}
