using System.Buffers.Text;
using System.Globalization;
using System.Security.Claims;
using System.Text;
using System.Text.Json;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Identity.Devices;
using Pechat.Identity.OAuth;

namespace Pechat.Identity.History;

/// <summary>What happened to the customer's profile, the newest first: logins, devices, identity, signatures, certificates. Paged by key.</summary>
internal static class GetHistory
{
    internal const int MaxPageSize = 100;

    internal static readonly string[] Groups =
        ["login", "device", "pin", "profile", "terms", "contact", "language", "identity", "signature", "certificate"];

    /// <param name="Id">The entry.</param>
    /// <param name="At">When.</param>
    /// <param name="Kind">Group and what happened, e.g. <c>device.bound</c>.</param>
    /// <param name="By">Who: <c>customer</c>, <c>device UUID</c>, <c>client ID</c>, <c>provider</c> or <c>system</c>.</param>
    /// <param name="ClientName">Name of the client that it is about, if any.</param>
    /// <param name="Detail">What more is known.</param>
    internal sealed record Item(Guid Id, DateTimeOffset At, string Kind, string By, string? ClientName, JsonElement Detail);

    internal sealed record Page(IReadOnlyList<Item> Items, string? Next);

    private sealed record Row(Guid Id, DateTime At, string Kind, string Actor, string Detail);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/history", Handle).RequireAccess(Scopes.Device, Scopes.Portal).AllowPeers("portal");

    internal static async Task<Page> Handle(
        ClaimsPrincipal user, NpgsqlDataSource db, OAuthClients clients, CancellationToken ct, string? before = null, string? group = null, int limit = 50)
    {
        if (limit is < 1 or > MaxPageSize)
            throw FaultException.Invalid("invalid_request", $"limit must lie between 1 and {MaxPageSize}");
        if (group is not null && !Groups.Contains(group, StringComparer.Ordinal))
            throw FaultException.Invalid("invalid_request", $"group must be one of {string.Join(", ", Groups)}");
        (DateTime at, Guid id) = ReadKey(before);
        await ActiveDevice.ThrowUnlessActiveAsync(db, user, ct);
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        var rows = (await connection.QueryAsync<Row>(new CommandDefinition("""
            select id, at, kind, actor, detail from (
                (select id, at, kind, actor, detail from history
                 where customer_id = @customer and visible and (at, id) < (@at, @id) and (@group::text is null or kind like @group || '.%')
                 order by at desc, id desc limit @take)
                union all
                (select id, decided_at, 'login.' || case state when 'Completed' then 'confirmed' else lower(state) end,
                        coalesce('device ' || device_id, 'system'), jsonb_build_object('client', client_id, 'place', place, 'browser', browser)
                 from login
                 where customer_id = @customer and decided_at is not null and (decided_at, id) < (@at, @id) and coalesce(@group, 'login') = 'login'
                 order by decided_at desc, id desc limit @take)) entry
            order by at desc, id desc
            limit @take
            """, new { customer = user.CustomerId(), at, id, group, take = limit + 1 }, cancellationToken: ct))).AsList();
        Row? last = rows.Count > limit ? rows[limit - 1] : null; // one row more than asked tells whether a next page exists
        return new([.. rows.Take(limit).Select(row => Show(row, clients))], last is null ? null : Key(last));
    }

    private static Item Show(Row row, OAuthClients clients)
    {
        JsonElement detail = JsonElement.Parse(row.Detail);
        string? client = detail.TryGetProperty("client", out JsonElement named) ? clients.Find(named.GetString()!)?.Name ?? named.GetString() : null;
        // Who of the staff it was is for the provider's records.
        return new(row.Id, row.At, row.Kind, row.Actor.StartsWith("officer ", StringComparison.Ordinal) ? "provider" : row.Actor, client, detail);
    }

    private static string Key(Row row) =>
        Base64Url.EncodeToString(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{row.At.Ticks} {row.Id:D}")));

    private static (DateTime, Guid) ReadKey(string? key)
    {
        if (key is null)
            return (DateTime.SpecifyKind(DateTime.MaxValue.Date, DateTimeKind.Utc), Guid.AllBitsSet);
        string[] parts = key.Length <= 200 && Base64Url.IsValid(key) ? Encoding.ASCII.GetString(Base64Url.DecodeFromChars(key)).Split(' ') : [];
        return parts.Length == 2 && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long ticks) && ticks <= DateTime.MaxValue.Date.Ticks
            && Guid.TryParseExact(parts[1], "D", out Guid id)
            ? (new DateTime(ticks, DateTimeKind.Utc), id) : throw FaultException.Invalid("invalid_request", "before must be the next of an earlier page");
    }
}
