using System.Globalization;
using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Hosting;
using Pechat.Identity.Devices;
using Pechat.Identity.OAuth;

namespace Pechat.Identity.Logins;

/// <summary>Logins that wait for this customer's phone: who asks, from where, with what, until when, and the numbers to pick from.</summary>
internal static class ListLogins
{
    internal sealed record Login(Guid Id, string Client, string Place, string Browser, DateTimeOffset RequestedAt, DateTimeOffset ExpiresAt, IReadOnlyList<short>? Numbers);

    private sealed record Row(Guid Id, string ClientId, string Place, string Browser, DateTime RequestedAt, DateTime ExpiresAt, string? NumberChoices);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/logins", Handle).RequireAccess(Scopes.Device);

    internal static async Task<IReadOnlyList<Login>> Handle(
        ClaimsPrincipal user, NpgsqlDataSource db, OAuthClients clients, TimeProvider clock, CancellationToken ct)
    {
        await ActiveDevice.OfAsync(db, user, ct);
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        var rows = await connection.QueryAsync<Row>(new CommandDefinition("""
            select id, client_id, place, browser, requested_at, expires_at, array_to_string(number_choices, ' ') as number_choices
            from login where customer_id = @customer and state = 'Pending' and expires_at > @now
            order by requested_at
            """, new { customer = user.CustomerId(), now = clock.GetUtcNow() }, cancellationToken: ct));
        return [.. rows.Select(r => new Login(r.Id, clients.Find(r.ClientId)?.Name ?? r.ClientId, r.Place, r.Browser, r.RequestedAt, r.ExpiresAt, Numbers(r.NumberChoices)))];
    }

    private static short[]? Numbers(string? choices) => choices?.Split(' ').Select(n => short.Parse(n, CultureInfo.InvariantCulture)).ToArray();
}
