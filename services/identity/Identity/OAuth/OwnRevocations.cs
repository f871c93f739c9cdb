using Dapper;
using Npgsql;
using Pechat.Hosting;

namespace Pechat.Identity.OAuth;

/// <summary>Revocations of access tokens: recorded here, read by every service that accepts tokens (<c>docs/decisions</c>, revocation).</summary>
internal sealed class OwnRevocations(NpgsqlDataSource db, TimeProvider clock) : IRevocationSource
{
    private sealed record Row(Guid Id, DateTime ExpiresAt, DateTime RevokedAt);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/internal/token-revocations", Handle)
        .AllowPeers(); // the gateway has no such surface

    /// <summary>Refuses, from the commit on, whatever carries the id; <paramref name="until"/> the last such token has expired.</summary>
    internal static async Task AddAsync(NpgsqlTransaction tx, Guid id, DateTimeOffset until, DateTimeOffset now, CancellationToken ct) =>
        await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            delete from token_revocation where id in (
                select id from token_revocation where expires_at < @now - interval '10 minutes' limit 20 for update skip locked);
            insert into token_revocation (id, revoked_at, expires_at) values (@id, @now, @until)
            on conflict (id) do update set expires_at = greatest(token_revocation.expires_at, excluded.expires_at), revoked_at = excluded.revoked_at
            """, new { id, until, now }, tx, cancellationToken: ct));

    public async Task<RevocationList> ReadAsync(DateTimeOffset? since, CancellationToken ct)
    {
        DateTimeOffset now = clock.GetUtcNow();
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        var rows = await connection.QueryAsync<Row>(new CommandDefinition(
            "select id, expires_at, revoked_at from token_revocation where revoked_at >= @since and expires_at > @now",
            new { since = since ?? DateTimeOffset.UnixEpoch, now }, cancellationToken: ct));
        return new(now, [.. rows.Select(r => new TokenRevocation(r.Id, r.ExpiresAt, r.RevokedAt))]);
    }

    private static async Task<IResult> Handle(long? since, IRevocationSource own, CancellationToken ct) =>
        Results.Json(await own.ReadAsync(since is null ? null : DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(since.Value, 0, 253_402_300_799_999)), ct));
}
