using Dapper;
using Npgsql;

namespace Pechat.Signing.Transactions;

/// <summary>
/// Recovers what crashes and silence leave behind, on any number of replicas: ends what expired, frees a confirmation whose worker died,
/// tells the activation module what it missed, and deletes what outlived its time.
/// </summary>
internal sealed class SweepTransactions(NpgsqlDataSource db, EndTransaction end, SigningOptions options, TimeProvider clock) : BackgroundService
{
    /// <summary>After the SAD expired, a call that the activation module accepted in time still gets recorded.</summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    private const int Batch = 200;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.SweepInterval, clock);
        do
        {
            await SweepAsync(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    internal async Task SweepAsync(CancellationToken ct)
    {
        DateTime now = clock.GetUtcNow().UtcDateTime;
        await using (NpgsqlConnection connection = await db.OpenConnectionAsync(ct))
        {
            await connection.ExecuteAsync(new CommandDefinition("""
                update signing_transaction set state = 'pending', lease_until = null where state = 'confirming' and lease_until < @now;
                delete from polled_result where valid_until < @now;
                delete from document where delete_after < @now
                    and not exists (select 1 from signing_transaction t where t.id = transaction_id and t.state in ('pending', 'confirming', 'active', 'signing'));
                """, new { now }, cancellationToken: ct));
        }
        foreach (Guid id in await FindAsync("state = 'pending' and expires_at < @now", now, ct))
            await end.EndAsync(id, ["pending"], "expired", ct);
        foreach (Guid id in await FindAsync("state = 'active' and sad_expires_at < @late", now, ct))
            await end.EndAsync(id, ["active"], "expired", ct);
        foreach (Guid id in await FindAsync("close_pending", now, ct))
            await end.TryCloseAsync(id, ct);
    }

    private async Task<IReadOnlyList<Guid>> FindAsync(string condition, DateTime now, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return (await connection.QueryAsync<Guid>(new CommandDefinition(
            $"select id from signing_transaction where {condition} order by id limit {Batch}", new { now, late = now - Grace }, cancellationToken: ct))).AsList();
    }
}
