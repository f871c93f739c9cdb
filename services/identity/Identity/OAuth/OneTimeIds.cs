using Dapper;
using Npgsql;

namespace Pechat.Identity.OAuth;

/// <summary>Remembers the <c>jti</c> of assertions until they have expired, so that none counts twice, at whichever replica.</summary>
internal sealed class OneTimeIds(NpgsqlDataSource db, TimeProvider clock)
{
    /// <summary>False when the issuer's id was used before.</summary>
    internal async Task<bool> TryUseAsync(string issuer, string jti, DateTimeOffset expires, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return await connection.ExecuteScalarAsync<long>(new CommandDefinition("""
            with old as (
                delete from used_jti where (issuer, jti) in (
                    select issuer, jti from used_jti where expires_at < @now - interval '1 minute' limit 20 for update skip locked)),
            used as (
                insert into used_jti (issuer, jti, expires_at) values (@issuer, @jti, @expires) on conflict do nothing returning 1)
            select count(*) from used
            """, new { issuer, jti, expires, now = clock.GetUtcNow() }, cancellationToken: ct)) == 1;
    }
}
