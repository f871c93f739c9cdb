using Dapper;
using Npgsql;
using Pechat.Contracts;

namespace Pechat.Identity.OAuth;

/// <summary>
/// Locks a client out at one address after too many wrong secrets (CSC profile D-23). By address as well, so that a stranger cannot lock a
/// client out everywhere; unknown clients share one count per address.
/// </summary>
internal sealed class FailedAuthentications(NpgsqlDataSource db, TimeProvider clock)
{
    internal const int MaxFailures = 10;
    internal static readonly TimeSpan Window = TimeSpan.FromMinutes(10);
    internal static readonly TimeSpan Lock = TimeSpan.FromMinutes(10);

    /// <exception cref="FaultException">too_many_requests, with the time that is left.</exception>
    internal async Task ThrowIfLockedAsync(string? client, string place, CancellationToken ct)
    {
        DateTimeOffset now = clock.GetUtcNow();
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        DateTime? until = await connection.QuerySingleOrDefaultAsync<DateTime?>(new CommandDefinition(
            "select locked_until from authentication_failure where client_id = @client and place = @place and locked_until > @now",
            new { client = client ?? "", place, now }, cancellationToken: ct));
        if (until is not null)
            throw new FaultException(FaultKind.Exhausted, "too_many_requests", "Too many failed attempts to authenticate; try again later") { RetryAfter = until.Value - now.UtcDateTime };
    }

    internal async Task CountAsync(string? client, string place, CancellationToken ct)
    {
        DateTimeOffset now = clock.GetUtcNow();
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition("""
            delete from authentication_failure where (client_id, place) in (
                select client_id, place from authentication_failure where since < @window and (locked_until is null or locked_until < @now) limit 20 for update skip locked);
            insert into authentication_failure as f (client_id, place, failures, since) values (@client, @place, 1, @now)
            on conflict (client_id, place) do update set
                failures = case when f.since < @window then 1 else f.failures + 1 end,
                since = case when f.since < @window then @now else f.since end,
                locked_until = case when f.since >= @window and f.failures + 1 >= @MaxFailures then @until end
            """, new { client = client ?? "", place, now, window = now - Window, until = now + Lock, MaxFailures }, cancellationToken: ct));
    }
}
