using System.Security.Claims;
using Pechat.Contracts.Identity.V1;
using Pechat.Hosting;

namespace Pechat.Signing.Csc;

/// <summary>CSC API <c>auth/revoke</c> (§5.3): ends a token of the caller at once.</summary>
internal static class RevokeToken
{
    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/auth/revoke", Handle);

    internal static async Task<IResult> Handle(HttpContext http, ClaimsPrincipal user, ISessions sessions, CancellationToken ct)
    {
        using CscRequest request = await CscRequest.ReadAsync(http);
        string token = request.RequiredString("token");
        string hint = request.Member("token_type_hint") switch
        {
            null => "",
            { ValueKind: System.Text.Json.JsonValueKind.String } value when value.GetString() is "access_token" or "refresh_token" => value.GetString()!,
            _ => throw CscRequest.Invalid("Invalid string parameter token_type_hint"),
        };
        request.CheckCommon();
        await sessions.RevokeAsync(new RevokeRequest
        {
            Token = token,
            TokenTypeHint = hint,
            CustomerId = user.FindFirstValue("sub") ?? "",
            ClientId = user.ClientId(),
        }, ct);
        return Results.NoContent();
    }
}
