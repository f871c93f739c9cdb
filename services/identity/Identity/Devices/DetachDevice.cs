using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Events.Identity;
using Pechat.Hosting;
using Pechat.Persistence;

namespace Pechat.Identity.Devices;

/// <summary>Ends a device's authority over everything at once (SM-2, R-123, R-124), from another device or from the portal.</summary>
internal static class DetachDevice
{
    internal static void Map(IEndpointRouteBuilder routes) =>
        routes.MapDelete("/devices/{id:guid}", Handle).RequireAccess(OAuth.Scopes.Device, OAuth.Scopes.Portal);

    internal static async Task<IResult> Handle(
        Guid id, ClaimsPrincipal user, NpgsqlDataSource db, ISignatureActivation sam, TimeProvider clock, CancellationToken ct)
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
        await sam.DetachAsync(customer, id, ct); // first where it matters; asked again it changes nothing
        DateTimeOffset now = clock.GetUtcNow();
        await db.InTransactionAsync(async tx =>
        {
            string? name = await tx.Connection!.QuerySingleOrDefaultAsync<string>(new CommandDefinition(
                "update device set state = 'Detached', detached_at = @now where id = @id and state = 'Active' returning name", new { id, now }, tx, cancellationToken: ct));
            if (name is not null)
                await Outbox.AddAsync(tx, Guid.CreateVersion7(), new DeviceDetached(customer, id, name, now), now, ct);
            return name;
        }, ct);
        return Results.NoContent();
    }
}
