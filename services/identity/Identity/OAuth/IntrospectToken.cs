using System.Security.Claims;
using Pechat.Contracts;
using Pechat.Hosting;

namespace Pechat.Identity.OAuth;

/// <summary>Token introspection (RFC 7662): for other services of the house about any token, for clients about their own.</summary>
internal static class IntrospectToken
{
    private static readonly Dictionary<string, object> Inactive = new() { ["active"] = false };

    internal static void Map(IEndpointRouteBuilder routes)
    {
        foreach (string path in OAuthBases.Paths("/oauth2/introspect"))
            routes.MapPost(path, Handle).AllowPeers();
    }

    internal static async Task<IResult> Handle(HttpContext context, ClientAuthentication clients, TokenLookup tokens, TokenOptions options, CancellationToken ct)
    {
        context.Response.Headers.CacheControl = "no-store";
        IFormCollection form = await OAuthForm.ReadAsync(context, ct);
        bool peer = context.Peer() is not (null or "gateway") && context.Request.Headers.Authorization.Count == 0; // who comes through the gateway is a client
        ClientOptions? client = peer ? null : await clients.AuthenticateAsync(context, form, ct);
        if (client is { IsPublic: true })
            throw FaultException.Unauthenticated("invalid_client", "Client authorization required"); // RFC 7662 §2.1: else anybody could try tokens
        string token = OAuthForm.Single(form, "token") ?? throw FaultException.Invalid("invalid_request", "Missing parameter token");
        LiveToken? found = await tokens.FindAsync(token, ct);
        if (found is null || (client is not null && found.Client != client.Id))
            return Results.Json(Inactive);
        var answer = new Dictionary<string, object>
        {
            ["active"] = true,
            ["scope"] = found.Scope,
            ["client_id"] = found.Client,
            ["sub"] = found.Subject,
            ["exp"] = found.ExpiresAt.ToUnixTimeSeconds(),
            ["iss"] = options.Issuer,
        };
        if (found.Access is { } access)
        {
            answer["token_type"] = "Bearer";
            answer["aud"] = options.Audience;
            answer["iat"] = long.Parse(access.FindFirstValue("iat")!, System.Globalization.CultureInfo.InvariantCulture);
            foreach (string claim in new[] { "jti", "sid", "device_id", "credential_id", "transaction" }.Where(claim => access.HasClaim(c => c.Type == claim)))
                answer[claim] = access.FindFirstValue(claim)!;
        }
        return Results.Json(answer);
    }
}
