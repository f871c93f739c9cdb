using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Hosting;
using Pechat.Identity.OAuth;

namespace Pechat.Identity.Devices;

/// <summary>
/// The customer's devices, ended ones included, the newest first. <c>news</c> marks devices that were bound after the asking one and that it
/// has not acknowledged yet (R-125: all old devices are told).
/// </summary>
internal static class ListDevices
{
    internal sealed record Item(
        Guid Id, string Name, string Platform, string State, DateTimeOffset BoundAt, DateTimeOffset? EndedAt, Guid? EndorsedBy, Guid? ReplacedBy, bool ThisDevice, bool News);

    private sealed record Row(
        Guid Id, string Name, string Platform, string State, DateTime BoundAt, DateTime? DetachedAt, Guid? EndorsedBy, Guid? ReplacedBy, bool News);

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/devices", Handle).RequireAccess(Scopes.Device, Scopes.Portal).AllowPeers("portal");
        routes.MapPost("/devices/{id:guid}/acknowledge", Acknowledge).RequireAccess(Scopes.Device);
    }

    internal static async Task<IReadOnlyList<Item>> Handle(ClaimsPrincipal user, NpgsqlDataSource db, CancellationToken ct)
    {
        await ActiveDevice.ThrowUnlessActiveAsync(db, user, ct);
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        var rows = await connection.QueryAsync<Row>(new CommandDefinition("""
            select d.id, d.name, d.platform, d.state, d.bound_at, d.detached_at, d.endorsed_by, d.replaced_by,
                   coalesce(d.bound_at > mine.bound_at and d.endorsed_by is distinct from mine.id and not exists (
                       select 1 from device_acknowledgement a where a.device_id = mine.id and a.new_device_id = d.id), false) as news
            from device d left join device mine on mine.id = @device
            where d.customer_id = @customer and d.bound_at is not null
            order by d.bound_at desc, d.id
            """, new { customer = user.CustomerId(), device = user.DeviceId() }, cancellationToken: ct));
        return [.. rows.Select(r => new Item(
            r.Id, r.Name, r.Platform, r.State, r.BoundAt, r.DetachedAt, r.EndorsedBy, r.ReplacedBy, r.Id == user.DeviceId(), r.News))];
    }

    internal static async Task<IResult> Acknowledge(Guid id, ClaimsPrincipal user, NpgsqlDataSource db, TimeProvider clock, CancellationToken ct)
    {
        (Guid device, _) = await ActiveDevice.OfAsync(db, user, ct);
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition("""
            insert into device_acknowledgement (device_id, new_device_id, acknowledged_at)
            select @device, id, @now from device where id = @id and customer_id = @customer on conflict do nothing
            """, new { device, id, customer = user.CustomerId(), now = clock.GetUtcNow() }, cancellationToken: ct));
        return Results.NoContent();
    }
}
