using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Dapper;
using Microsoft.Extensions.Primitives;
using Npgsql;

namespace Pechat.Identity.OAuth;

/// <summary>Pushed authorization requests (RFC 9126): opened in a browser within 90 seconds (D-19), good for one code.</summary>
internal sealed class PushedRequests(NpgsqlDataSource db, TimeProvider clock)
{
    internal const string Prefix = "urn:ietf:params:oauth:request_uri:";
    internal static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(90);

    /// <summary>How long an opened page may be reloaded, and its form be sent.</summary>
    private static readonly TimeSpan OpenedLifetime = TimeSpan.FromMinutes(10);

    /// <summary>Keeps the parameters of a request that was found in order.</summary>
    /// <returns>Its <c>request_uri</c>.</returns>
    internal async Task<string> AddAsync(string client, IEnumerable<KeyValuePair<string, StringValues>> parameters, CancellationToken ct)
    {
        string uri = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        DateTimeOffset now = clock.GetUtcNow();
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition("""
            delete from pushed_request where uri_hash in (
                select uri_hash from pushed_request where expires_at < @now - interval '1 hour' limit 20 for update skip locked);
            insert into pushed_request (uri_hash, client_id, parameters, expires_at) values (@hash, @client, @parameters::jsonb, @expires)
            """, new
        {
            hash = Authorize.HashSecret(uri),
            client,
            parameters = JsonSerializer.Serialize(parameters.ToDictionary(p => p.Key, p => p.Value.ToString())),
            now,
            expires = now + Lifetime,
        }, cancellationToken: ct));
        return uri;
    }

    /// <summary>The parameters behind a <c>request_uri</c>; null when it is unknown, another client's, expired or used.</summary>
    internal async Task<Dictionary<string, StringValues>?> OpenAsync(string? client, string uri, CancellationToken ct)
    {
        DateTimeOffset now = clock.GetUtcNow();
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        string? parameters = await connection.QuerySingleOrDefaultAsync<string>(new CommandDefinition("""
            update pushed_request set opened_at = coalesce(opened_at, @now)
            where uri_hash = @hash and client_id = @client and used_at is null and (expires_at > @now or opened_at > @opened)
            returning parameters
            """, new { hash = Authorize.HashSecret(uri), client, now, opened = now - OpenedLifetime }, cancellationToken: ct));
        return parameters is null ? null : JsonSerializer.Deserialize<Dictionary<string, string>>(parameters)!.ToDictionary(p => p.Key, p => new StringValues(p.Value));
    }

    /// <summary>Uses a request up when its code is issued; false when another login was first.</summary>
    internal static async Task<bool> TryUseAsync(NpgsqlTransaction tx, byte[] hash, DateTimeOffset now, CancellationToken ct) =>
        await tx.Connection!.ExecuteAsync(new CommandDefinition(
            "update pushed_request set used_at = @now where uri_hash = @hash and used_at is null", new { hash, now }, tx, cancellationToken: ct)) == 1;
}
