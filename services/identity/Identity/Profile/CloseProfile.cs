using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Contracts.Events.Identity;
using Pechat.Hosting;
using Pechat.Identity.Devices;
using Pechat.Identity.History;
using Pechat.Identity.OAuth;
using Pechat.Persistence;

namespace Pechat.Identity.Profile;

/// <summary>
/// The customer closes the profile for ever (SM-1), signed by the phone. All devices lose their authority first; certificates, requests
/// and packages end with the event. If it fails in between, the same request goes on.
/// </summary>
internal static class CloseProfile
{
    internal sealed record Request(string? Proof);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/me/close", Handle).RequireAccess(Scopes.Device);

    internal static async Task<IResult> Handle(
        Request request, ClaimsPrincipal user, NpgsqlDataSource db, DeviceEnd devices, TimeProvider clock, CancellationToken ct)
    {
        Guid customer = user.CustomerId();
        DateTimeOffset now = clock.GetUtcNow();
        await DeviceAct.ProvenAsync(db, user, request.Proof, now, "close", [], ct);
        await devices.RevokeAllAsync(customer, ct); // first where it matters
        await db.InTransactionAsync(async tx =>
        {
            int closed = await tx.Connection!.ExecuteAsync(new CommandDefinition("""
                update customer set state = 'Closed', closed_at = @now where id = @customer and state in ('Active', 'Locked')
                """, new { customer, now }, tx, cancellationToken: ct));
            if (closed == 0)
                return; // another request was quicker
            string actor = HistoryLog.ActorOf(user);
            await tx.Connection!.ExecuteAsync(new CommandDefinition("update person set closed_at = @now where customer_id = @customer", new { customer, now }, tx, cancellationToken: ct));
            await ProfileLock.EndLoginsAsync(tx, customer, now, ct);
            await DeviceEnd.RecordAllAsync(tx, customer, actor, now, ct);
            await HistoryLog.AddAsync(tx, customer, "profile.closed", actor, new { }, now, ct);
            await Outbox.AddAsync(tx, Guid.CreateVersion7(), new CustomerClosed(customer, now), now, ct);
        }, ct);
        return Results.NoContent();
    }
}
