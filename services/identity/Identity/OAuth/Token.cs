using System.Text.Json.Serialization;
using Pechat.Contracts;
using Pechat.Hosting;

namespace Pechat.Identity.OAuth;

/// <summary>The token endpoint (RFC 6749 §3.2).</summary>
internal static class Token
{
    /// <summary>A successful answer (RFC 6749 §5.1).</summary>
    internal sealed record Response(
        [property: JsonPropertyName("access_token")] string AccessToken,
        [property: JsonPropertyName("token_type")] string TokenType,
        [property: JsonPropertyName("expires_in")] int ExpiresIn,
        [property: JsonPropertyName("scope")] string Scope)
    {
        [JsonPropertyName("refresh_token"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? RefreshToken { get; init; }

        [JsonPropertyName("id_token"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? IdToken { get; init; }

        [JsonPropertyName("credentialID"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? CredentialId { get; init; }

        [JsonPropertyName("authorization_details"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public IReadOnlyList<object>? AuthorizationDetails { get; init; }
    }

    internal static void Map(IEndpointRouteBuilder routes)
    {
        foreach (string path in OAuthBases.Paths("/oauth2/token"))
            routes.MapPost(path, Handle).AllowPeers("portal");
    }

    internal static async Task<IResult> Handle(
        HttpContext context, ClientAuthentication clients, AuthorizationCodeGrant codes, RefreshTokenGrant refreshes, ClientCredentialsGrant credentials,
        DeviceGrant devices, CancellationToken ct)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.Pragma = "no-cache";
        IFormCollection form = await OAuthForm.ReadAsync(context, ct);
        string grant = OAuthForm.Single(form, "grant_type") ?? throw FaultException.Invalid("invalid_request", "Missing parameter grant_type");
        if (grant is not (Grants.AuthorizationCode or Grants.RefreshToken or Grants.ClientCredentials or Grants.JwtBearer))
            throw FaultException.Invalid("unsupported_grant_type", "Invalid parameter grant_type");
        ClientOptions client = await clients.AuthenticateAsync(context, form, ct);
        if (!client.GrantTypes.Contains(grant, StringComparer.Ordinal))
            throw FaultException.Invalid("unauthorized_client", "the client may not use this grant type");
        return Results.Json(grant switch
        {
            Grants.AuthorizationCode => await codes.IssueAsync(client, form, ct),
            Grants.RefreshToken => await refreshes.IssueAsync(client, form, ct),
            Grants.ClientCredentials => credentials.Issue(client, form),
            _ => await devices.IssueAsync(client, form, ct),
        });
    }
}
