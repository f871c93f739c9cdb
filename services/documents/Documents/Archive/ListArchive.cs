using System.Security.Claims;
using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;

namespace Pechat.Documents.Archive;

/// <summary>The caller's signed files, newest first.</summary>
internal static class ListArchive
{
    internal const int MaxPageSize = 100;

    internal sealed record Item(
        Guid Id, Guid TransactionId, string Name, string MediaType, long Length, string Sha256, string ClientId, DateTimeOffset SignedAt, DateTimeOffset KeepUntil);

    internal sealed record Response(IReadOnlyList<Item> Items, Guid? Next);

    private sealed record Row(
        Guid Id, Guid TransactionId, string Name, string MediaType, long Length, byte[] Sha256, string ClientId, DateTime SignedAt, DateTime KeepUntil);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/archive", Handle).AllowPeers("portal");

    internal static async Task<Ok<Response>> Handle(ClaimsPrincipal user, NpgsqlDataSource db, CancellationToken ct, int? limit = null, Guid? after = null)
    {
        int take = limit ?? MaxPageSize;
        if (take is < 1 or > MaxPageSize)
            throw FaultException.Invalid("invalid_limit", $"limit must lie between 1 and {MaxPageSize}");
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        List<Row> rows = (await connection.QueryAsync<Row>(new CommandDefinition("""
            select id, transaction_id, name, media_type, length, sha256, client_id, signed_at, keep_until
            from archived_document
            where customer_id = @customer and (@after::uuid is null or id < @after)
            order by id desc
            limit @limit
            """, new { customer = user.CustomerId(), after, limit = take + 1 }, cancellationToken: ct))).AsList();
        bool more = rows.Count > take; // one row more than asked tells whether a next page exists
        if (more)
            rows.RemoveAt(take);
        return TypedResults.Ok(new Response(
            [.. rows.Select(row => new Item(row.Id, row.TransactionId, row.Name, row.MediaType, row.Length, Convert.ToHexStringLower(row.Sha256),
                row.ClientId, new DateTimeOffset(row.SignedAt, TimeSpan.Zero), new DateTimeOffset(row.KeepUntil, TimeSpan.Zero)))],
            more ? rows[^1].Id : null));
    }
}
