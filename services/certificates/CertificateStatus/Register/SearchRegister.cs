using System.Globalization;
using System.Numerics;
using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace Pechat.CertificateStatus.Register;

/// <summary>GET <c>/register/v1/certificates</c>: the public register (S0-62, S0-63).</summary>
internal static class SearchRegister
{
    /// <summary>One certificate. Name and organisation are absent when its holder refused publication; then only its serial number finds it (R-222).</summary>
    internal sealed record Item(string Serial, string SerialDecimal, string? Name, string? Organisation, string Product, string Issuer,
        DateTimeOffset ValidFrom, DateTimeOffset ValidTo, string Status, DateTimeOffset Since, string? Certificate);

    internal sealed record Response(IReadOnlyList<Item> Certificates, string? Next);

    private sealed record Row(string Key, string Serial, string Issuer, string Profile, string Name, string? Organisation,
        DateTime NotBefore, DateTime NotAfter, string State, DateTime Since, string Publication);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/certificates", Handle);

    internal static async Task<Ok<Response>> Handle(HttpContext http, NpgsqlDataSource db, TimeProvider clock, CancellationToken ct,
        string? name = null, string? organisation = null, string? email = null, string? serial = null, string? status = null, string? after = null, int? limit = null)
    {
        http.Response.Headers.CacheControl = "no-store"; // a status is true now
        return TypedResults.Ok(await FindAsync(RegisterQuery.Parse(name, organisation, email, serial, status, after, limit), db, clock.GetUtcNow(), ct));
    }

    internal static async Task<Response> FindAsync(RegisterQuery query, NpgsqlDataSource db, DateTimeOffset now, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        List<Row> rows = (await connection.QueryAsync<Row>(new CommandDefinition(Sql(query), new
        {
            query.Name, nameEnd = SearchKey.EndOf(query.Name ?? ""),
            query.Organisation, organisationEnd = SearchKey.EndOf(query.Organisation ?? ""),
            query.Email, query.Serial, query.Status,
            afterKey = query.After.Key, afterSerial = query.After.Serial,
            now, limit = query.Limit + 1,
        }, cancellationToken: ct))).AsList();
        bool more = rows.Count > query.Limit; // one row more than asked tells whether a next page exists
        if (more)
            rows.RemoveAt(query.Limit);
        return new Response([.. rows.Select(row => Show(row, now))], more ? RegisterQuery.TokenOf(rows[^1].Key, rows[^1].Serial) : null);
    }

    // The pieces are constants; every value is a parameter.
    private static string Sql(RegisterQuery query)
    {
        const string Columns = "c.serial, c.issuer, c.profile, c.name, c.organisation, c.not_before, c.not_after, c.state, c.since, c.publication";
        var where = new List<string>();
        if (query.Serial is not null)
            where.Add("c.serial in (@Serial, '00' || @Serial)"); // with or without the sign octet, as tools show it
        if (query.Email is not null)
            where.Add("c.email_key = @Email");
        if (query is not { Serial: not null, Name: null, Organisation: null, Email: null })
            where.Add("c.publication <> 'status'");
        if (query.Status is { } status)
            where.Add(Condition(status));
        (string from, string key) = ("registered_certificate c", "''");
        if (query is { Serial: null, Email: null })
        {
            // A range of the index in the order of the page. Of several turns of one name that fit, the first counts.
            string kind = query.Name is not null ? "name" : "organisation";
            (from, key) = ("register_key k join registered_certificate c on c.serial = k.serial", "k.key");
            where.Add($"k.kind = '{kind}' and k.key >= @{kind} and k.key < @{kind}End and (k.key, k.serial) > (@afterKey, @afterSerial)");
            if (query.Status is "suspended" or "revoked")
                where.Add($"k.state = '{query.Status}'"); // the index of the few
            where.Add($"not exists (select 1 from register_key o where o.serial = k.serial and o.kind = '{kind}' and o.key >= @{kind} and o.key < k.key)");
        }
        else
        {
            where.Add("c.serial > @afterSerial");
        }
        if (query.Name is not null && key == "''")
            where.Add("exists (select 1 from register_key o where o.serial = c.serial and o.kind = 'name' and o.key >= @name and o.key < @nameEnd)");
        if (query.Organisation is not null && (key == "''" || query.Name is not null))
            where.Add("exists (select 1 from register_key o where o.serial = c.serial and o.kind = 'organisation' and o.key >= @organisation and o.key < @organisationEnd)");
        return $"select {key} as key, {Columns} from {from} where {string.Join(" and ", where)} order by {(key == "''" ? "" : "k.key, ")}c.serial limit @limit";
    }

    private static string Condition(string status) => status switch
    {
        "valid" => "c.state = 'active' and c.not_after >= @now",
        "suspended" => "c.state = 'suspended' and c.not_after >= @now",
        "revoked" => "c.state = 'revoked'",
        "expired" => "c.state <> 'revoked' and c.not_after < @now",
        _ => "(c.state = 'revoked' or c.not_after < @now)",
    };

    private static Item Show(Row row, DateTimeOffset now)
    {
        bool named = row.Publication != "status", expired = row.State != "revoked" && row.NotAfter < now.UtcDateTime;
        return new Item(
            row.Serial, BigInteger.Parse($"0{row.Serial}", NumberStyles.HexNumber, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture),
            named ? row.Name : null, named ? row.Organisation : null, row.Profile, row.Issuer, Utc(row.NotBefore), Utc(row.NotAfter),
            expired ? "expired" : row.State == "active" ? "valid" : row.State, Utc(expired ? row.NotAfter : row.Since),
            row.Publication == "certificate" ? $"/register/v1/certificates/{row.Serial}.cer" : null);
    }

    private static DateTimeOffset Utc(DateTime time) => new(time, TimeSpan.Zero);
}
