using System.Security.Claims;
using System.Security.Cryptography;
using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;

namespace Pechat.Documents.Archive;

/// <summary>One signed file, for its owner only; another's is as unknown as one that never was.</summary>
internal static class DownloadFile
{
    private sealed record Row(string Name, string MediaType, byte[] Sha256, byte[] Content);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/archive/{id:guid}", Handle);

    internal static async Task<FileContentHttpResult> Handle(Guid id, HttpContext http, ClaimsPrincipal user, NpgsqlDataSource db, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        Row row = await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition("""
            select name, media_type, sha256, content from archived_document where id = @id and customer_id = @customer
            """, new { id, customer = user.CustomerId() }, cancellationToken: ct))
            ?? throw FaultException.NotFound("unknown_document", "there is no such document in your archive");
        if (!row.Sha256.AsSpan().SequenceEqual(SHA256.HashData(row.Content)))
            throw new InvalidDataException($"Archived document {id} is damaged");
        http.Response.Headers.XContentTypeOptions = "nosniff"; // a stranger's file must not run in our origin
        http.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.File(row.Content, row.MediaType, row.Name, entityTag: new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(row.Sha256)}\""));
    }
}
