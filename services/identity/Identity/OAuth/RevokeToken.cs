using Pechat.Contracts;

namespace Pechat.Identity.OAuth;

/// <summary>Token revocation (RFC 7009) with the statuses and texts of CSC API §6.7.</summary>
internal static class RevokeToken
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        foreach (string path in OAuthBases.Paths("/oauth2/revoke").Concat(OAuthBases.Paths("/revoke"))) // D-5: clients that leave the segment out
            routes.MapPost(path, Handle);
    }

    internal static async Task<IResult> Handle(HttpContext context, ClientAuthentication clients, TokenLookup tokens, CancellationToken ct)
    {
        IFormCollection form = await OAuthForm.ReadAsync(context, ct);
        ClientOptions client = await clients.AuthenticateAsync(context, form, ct);
        string token = OAuthForm.Single(form, "token") ?? throw FaultException.Invalid("invalid_request", "Missing parameter token");
        if (OAuthForm.Single(form, "token_type_hint") is not (null or "access_token" or "refresh_token"))
            throw FaultException.Invalid("invalid_request", "Invalid parameter token_type_hint");
        LiveToken? found = await tokens.FindAsync(token, ct);
        if (found is null || found.Client != client.Id)
            throw FaultException.Invalid("invalid_request", "Invalid string parameter token");
        await tokens.RevokeAsync(found, ct);
        return Results.NoContent();
    }
}
