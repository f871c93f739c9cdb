using System.Security.Claims;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Identity.Devices;
using Pechat.Identity.History;
using Pechat.Identity.OAuth;
using Pechat.Persistence;

namespace Pechat.Identity.Profile;

/// <summary>
/// The customer locks the profile, from the phone (signed by it) or from the portal, where the phone has confirmed the login. Locking
/// again changes nothing.
/// </summary>
internal static class LockProfile
{
    internal const int MaxReasonLength = 200;

    internal sealed record Request(string? Reason, string? Proof);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/me/lock", Handle).RequireAccess(Scopes.Device, Scopes.Portal).AllowPeers("portal");

    internal static async Task<IResult> Handle(Request request, ClaimsPrincipal user, NpgsqlDataSource db, ProfileLock profile, TimeProvider clock, CancellationToken ct)
    {
        string reason = request.Reason?.Trim() ?? "";
        if (reason.Length > MaxReasonLength || reason.Any(char.IsControl))
            throw FaultException.Invalid("invalid_request", $"reason may have {MaxReasonLength} characters");
        DateTimeOffset now = clock.GetUtcNow();
        if (user.DeviceId() is not null)
            await DeviceAct.ProvenAsync(db, user, request.Proof, now, "lock", [], ct);
        await db.InTransactionAsync(tx => profile.LockAsync(tx, user.CustomerId(), ProfileLock.ByCustomer, reason, HistoryLog.ActorOf(user), now, ct), ct);
        return Results.NoContent();
    }
}
