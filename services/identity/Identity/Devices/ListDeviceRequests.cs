using System.Security.Claims;
using System.Text.Json;
using Dapper;
using Npgsql;
using Pechat.Hosting;
using Pechat.Identity.OAuth;

namespace Pechat.Identity.Devices;

/// <summary>New phones that wait for this one's endorsement: their names, whence they ask, and the key that would be endorsed.</summary>
internal static class ListDeviceRequests
{
    internal sealed record Item(
        Guid DeviceId, string Name, string Platform, string Place, JsonElement PublicKey, string Thumbprint, DateTimeOffset RequestedAt, DateTimeOffset ExpiresAt);

    private sealed record Row(Guid Id, string Name, string Platform, string Place, string PublicKey, string Jkt, DateTime CreatedAt);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/devices/requests", Handle).RequireAccess(Scopes.Device);

    internal static async Task<IReadOnlyList<Item>> Handle(ClaimsPrincipal user, NpgsqlDataSource db, TimeProvider clock, CancellationToken ct)
    {
        await ActiveDevice.OfAsync(db, user, ct);
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        var rows = await connection.QueryAsync<Row>(new CommandDefinition("""
            select id, name, platform, place, public_key, jkt, created_at from device
            where customer_id = @customer and state = 'PendingBinding' and verification_id is null and endorsement is null and created_at > @oldest
            order by created_at
            """, new { customer = user.CustomerId(), oldest = clock.GetUtcNow() - BindDevice.BindingLifetime }, cancellationToken: ct));
        return [.. rows.Select(r => new Item(
            r.Id, r.Name, r.Platform, r.Place, JsonElement.Parse(r.PublicKey), r.Jkt, r.CreatedAt, r.CreatedAt + BindDevice.BindingLifetime))];
    }
}
