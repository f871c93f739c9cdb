using Pechat.Hosting;

namespace Pechat.Identity.OAuth;

/// <summary>What clients need to know: the metadata of RFC 8414 and OpenID Connect Discovery, and the public keys.</summary>
internal static class Metadata
{
    private static readonly string[] Methods = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"];

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/.well-known/oauth-authorization-server", Describe);
        routes.MapGet("/.well-known/openid-configuration", Describe);
        routes.MapGet("/oauth2/jwks", (SigningKeys keys) => Results.Text(keys.Jwks, "application/jwk-set+json"))
            .AllowPeers(); // every service checks access tokens
    }

    private static IResult Describe(TokenOptions tokens) => Results.Json(new Dictionary<string, object>
    {
        ["issuer"] = tokens.Issuer,
        ["authorization_endpoint"] = tokens.Issuer + "/oauth2/authorize",
        ["token_endpoint"] = tokens.Issuer + "/oauth2/token",
        ["pushed_authorization_request_endpoint"] = tokens.Issuer + "/oauth2/pushed_authorize",
        ["authorization_details_types_supported"] = CredentialRequest.Types,
        ["prompt_values_supported"] = new[] { "login", "consent", "select_account" },
        ["request_parameter_supported"] = false,
        ["revocation_endpoint"] = tokens.Issuer + "/oauth2/revoke",
        ["introspection_endpoint"] = tokens.Issuer + "/oauth2/introspect",
        ["jwks_uri"] = tokens.Issuer + "/oauth2/jwks",
        ["scopes_supported"] = Scopes.All,
        ["response_types_supported"] = new[] { "code" },
        ["response_modes_supported"] = new[] { "query" },
        ["grant_types_supported"] = new[] { Grants.AuthorizationCode, Grants.RefreshToken, Grants.ClientCredentials, Grants.JwtBearer },
        ["token_endpoint_auth_methods_supported"] = Methods,
        ["token_endpoint_auth_signing_alg_values_supported"] = ClientAssertions.Algorithms,
        ["revocation_endpoint_auth_methods_supported"] = Methods,
        ["revocation_endpoint_auth_signing_alg_values_supported"] = ClientAssertions.Algorithms,
        ["introspection_endpoint_auth_methods_supported"] = Methods[..^1],
        ["introspection_endpoint_auth_signing_alg_values_supported"] = ClientAssertions.Algorithms,
        ["code_challenge_methods_supported"] = new[] { "S256" },
        ["subject_types_supported"] = new[] { "public" },
        ["id_token_signing_alg_values_supported"] = new[] { "ES256" },
        ["authorization_response_iss_parameter_supported"] = true,
        ["ui_locales_supported"] = new[] { "bg", "en" },
    });
}
