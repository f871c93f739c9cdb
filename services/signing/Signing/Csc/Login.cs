using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Pechat.Contracts.Identity.V1;

namespace Pechat.Signing.Csc;

/// <summary>
/// CSC API <c>auth/login</c> (§5.2). The user name is an e-mail address or telephone number; there are no passwords, the customer's phone decides
/// while the call waits. Unknown, declined and silent customers are answered alike, by Identity.
/// </summary>
internal static class Login
{
    private const int MaxHeaderLength = 1024;

    internal sealed record Response(
        [property: JsonPropertyName("access_token")] string AccessToken,
        [property: JsonPropertyName("refresh_token")] string? RefreshToken,
        [property: JsonPropertyName("expires_in")] int ExpiresIn);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/auth/login", Handle);

    internal static async Task<IResult> Handle(HttpContext http, ISessions sessions, CancellationToken ct)
    {
        using CscRequest request = await CscRequest.ReadAsync(http);
        bool rememberMe = request.Flag("rememberMe");
        request.CheckCommon();
        var login = new LoginRequest { RememberMe = rememberMe, Place = Place(http), UserAgent = http.Request.Headers.UserAgent.ToString() };
        if (request.Member("refresh_token") is { } refresh)
            login.RefreshToken = refresh.ValueKind == JsonValueKind.String && refresh.GetString() is { Length: > 0 } text ? text : throw CscRequest.Invalid("Invalid string parameter: refresh_token");
        else if (Basic(http) is not { } pair)
            return Malformed(http);
        else if (pair.IndexOf(':', StringComparison.Ordinal) is var colon and > 0)
            (login.UserName, login.Password) = (pair[..colon], pair[(colon + 1)..]);
        else
            throw CscRequest.Invalid("Malformed username-password.");
        SessionTokens tokens = await sessions.LoginAsync(login, ct);
        return CscResults.Ok(new Response(tokens.AccessToken, tokens.RefreshToken.Length > 0 ? tokens.RefreshToken : null, tokens.ExpiresIn), CscJson.Default.Login);
    }

    /// <summary>What the header holds, decoded; null when it is not of the scheme Basic (RFC 7617).</summary>
    private static string? Basic(HttpContext http)
    {
        if (http.Request.Headers.Authorization is not [{ Length: <= MaxHeaderLength } header] || !header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
            return null;
        string text = header["Basic ".Length..].Trim();
        byte[] bytes = new byte[text.Length];
        if (text.Length == 0 || !Convert.TryFromBase64String(text, bytes, out int length))
            return null;
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException)
        {
            return null; // in no encoding that RFC 7617 knows for us
        }
    }

    private static IResult Malformed(HttpContext http)
    {
        http.Response.Headers.WWWAuthenticate = "Basic realm=\"csc\", charset=\"UTF-8\"";
        return CscResults.Error(StatusCodes.Status401Unauthorized, "invalid_request", "Malformed authentication parameter.");
    }

    /// <summary>The network address as the gateway saw it; it overwrites what strangers send.</summary>
    private static string Place(HttpContext http) =>
        IPAddress.TryParse(http.Request.Headers["X-Forwarded-For"].ToString().Split(',')[^1].Trim(), out IPAddress? address) ? address.ToString() : "?";
}
