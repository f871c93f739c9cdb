using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Pechat.Signing.Csc;

/// <summary>Source-generated serialisation of all CSC answers; nulls are left out (D-8).</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(GetInfo.Response), TypeInfoPropertyName = "Info")]
[JsonSerializable(typeof(ListCredentials.Response), TypeInfoPropertyName = "CredentialList")]
[JsonSerializable(typeof(CredentialInfo), TypeInfoPropertyName = "Credential")]
[JsonSerializable(typeof(HandleResponse), TypeInfoPropertyName = "Handle")]
[JsonSerializable(typeof(CredentialInfoV1), TypeInfoPropertyName = "CredentialV1")]
[JsonSerializable(typeof(AuthorizationResponse), TypeInfoPropertyName = "Authorization")]
[JsonSerializable(typeof(SignatureResponse), TypeInfoPropertyName = "Signatures")]
[JsonSerializable(typeof(StampHash.Response), TypeInfoPropertyName = "Timestamp")]
[JsonSerializable(typeof(ResponseNotifier.Notice), TypeInfoPropertyName = "Notice")]
[JsonSerializable(typeof(Login.Response), TypeInfoPropertyName = "Login")]
[JsonSerializable(typeof(CscError), TypeInfoPropertyName = "Error")]
internal sealed partial class CscJson : JsonSerializerContext;

/// <summary><c>{"handle": …}</c> of a 202 answer.</summary>
internal sealed record HandleResponse(string Handle);

/// <summary>Error body (§4.6), for the statuses that no fault has.</summary>
internal sealed record CscError([property: JsonPropertyName("error")] string Error, [property: JsonPropertyName("error_description")] string Description);

/// <summary>Answer of signHash, signDoc and signPolling; the result names of signDoc are written in both spellings (D-12).</summary>
internal sealed record SignatureResponse
{
    /// <summary>Bytes of documents up to which both spellings are written; above, the one of the standard's tables (D-12).</summary>
    private const long MaxBothSpellings = 8 * 1024 * 1024;

    public IReadOnlyList<byte[]>? Signatures { get; init; }

    [JsonPropertyName("DocumentWithSignature")]
    public IReadOnlyList<byte[]>? Documents { get; init; }

    [JsonPropertyName("documentWithSignature")]
    public IReadOnlyList<byte[]>? DocumentsCamel => Documents is not null && Documents.Sum(file => (long)file.Length) <= MaxBothSpellings ? Documents : null;

    [JsonPropertyName("SignatureObject")]
    public IReadOnlyList<byte[]>? Objects { get; init; }

    [JsonPropertyName("signatureObject")]
    public IReadOnlyList<byte[]>? ObjectsCamel => Objects;

    [JsonPropertyName("responseID")]
    public string? ResponseId { get; init; }
}

internal static class CscResults
{
    internal static IResult Ok<T>(T value, JsonTypeInfo<T> type) => Results.Json(value, type);

    /// <summary>An error with a status that no kind of fault has.</summary>
    internal static IResult Error(int status, string error, string description) =>
        Results.Json(new CscError(error, description), CscJson.Default.Error, statusCode: status);

    /// <summary>202 with a hint when to ask again.</summary>
    internal static IResult Pending<T>(HttpContext http, T value, JsonTypeInfo<T> type)
    {
        http.Response.Headers.RetryAfter = "1";
        return Results.Json(value, type, statusCode: StatusCodes.Status202Accepted);
    }

    internal static byte[] Bytes(SignatureResponse response) => JsonSerializer.SerializeToUtf8Bytes(response, CscJson.Default.Signatures);
}
