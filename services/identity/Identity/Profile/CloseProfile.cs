using System.Security.Claims;
using Npgsql;
using Pechat.Hosting;
using Pechat.Identity.Devices;
using Pechat.Identity.History;
using Pechat.Identity.OAuth;

namespace Pechat.Identity.Profile;

/// <summary>The customer closes the profile for ever, signed by the phone.</summary>
internal static class CloseProfile
{
    internal sealed record Request(string? Proof);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/me/close", Handle).RequireAccess(Scopes.Device);

    internal static async Task<IResult> Handle(Request request, ClaimsPrincipal user, NpgsqlDataSource db, ProfileEnd end, TimeProvider clock, CancellationToken ct)
    {
        await DeviceAct.ProvenAsync(db, user, request.Proof, clock.GetUtcNow(), "close", [], ct);
        await end.CloseAsync(user.CustomerId(), HistoryLog.ActorOf(user), "asked for", ct);
        return Results.NoContent();
    }
}
