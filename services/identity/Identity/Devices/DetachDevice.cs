using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Identity.History;
using Pechat.Persistence;

namespace Pechat.Identity.Devices;

/// <summary>Ends a device's authority over everything at once (SM-2, R-123, R-124), from another device or from the portal.</summary>
internal static class DetachDevice
{
    internal static void Map(IEndpointRouteBuilder routes) =>
        routes.MapDelete("/devices/{id:guid}", Handle).RequireAccess(OAuth.Scopes.Device, OAuth.Scopes.Portal);

    internal static async Task<IResult> Handle(
        Guid id, ClaimsPrincipal user, NpgsqlDataSource db, DeviceEnd devices, TimeProvider clock, CancellationToken ct)
    {
        Guid customer = user.CustomerId();
        await ActiveDevice.ThrowUnlessActiveAsync(db, user, ct);
        await using (NpgsqlConnection connection = await db.OpenConnectionAsync(ct))
        {
            bool own = await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
                "select exists (select 1 from device where id = @id and customer_id = @customer and state <> 'PendingBinding')", new { id, customer }, cancellationToken: ct));
            if (!own)
                throw FaultException.NotFound("unknown_device", "there is no such device");
        }
        await devices.RevokeAsync(customer, id, ct); // first where it matters; asked again it changes nothing
        await db.InTransactionAsync(tx => DeviceEnd.RecordAsync(tx, customer, id, "Detached", HistoryLog.ActorOf(user), "asked for", clock.GetUtcNow(), ct), ct);
        return Results.NoContent();
    }
}
