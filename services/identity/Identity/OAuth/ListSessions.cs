using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Hosting;
using Pechat.Identity.Devices;

namespace Pechat.Identity.OAuth;

/// <summary>The customer's own sessions that are alive: which client, from where, since when.</summary>
internal static class ListSessions
{
    internal sealed record Session(
        Guid Id, string Client, IReadOnlyList<string> Scopes, string Place, string Browser, DateTimeOffset StartedAt, DateTimeOffset LastUsedAt, DateTimeOffset ExpiresAt, bool ThisSession);

    private sealed record Row(Guid Id, string ClientId, string Scope, string Place, string Browser, DateTime StartedAt, DateTime LastUsedAt, DateTime ExpiresAt);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/sessions", Handle).RequireAccess(Scopes.Device, Scopes.Portal).AllowPeers("portal");

    internal static async Task<IReadOnlyList<Session>> Handle(
        ClaimsPrincipal user, NpgsqlDataSource db, OAuthClients clients, TimeProvider clock, CancellationToken ct)
    {
        await ActiveDevice.ThrowUnlessActiveAsync(db, user, ct);
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        var rows = await connection.QueryAsync<Row>(new CommandDefinition("""
            select id, client_id, scope, place, browser, started_at, last_used_at, greatest(access_until, refresh_until) as expires_at
            from session where customer_id = @customer and revoked_at is null and greatest(access_until, refresh_until) > @now
            order by started_at desc
            """, new { customer = user.CustomerId(), now = clock.GetUtcNow() }, cancellationToken: ct));
        string? own = user.FindFirstValue("sid");
        return [.. rows.Select(r => new Session(
            r.Id, clients.Find(r.ClientId)?.Name ?? r.ClientId, r.Scope.Split(' '), r.Place, r.Browser, r.StartedAt, r.LastUsedAt, r.ExpiresAt, r.Id.ToString() == own))];
    }
}
