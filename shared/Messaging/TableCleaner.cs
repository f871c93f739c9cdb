using Dapper;
using Npgsql;

namespace Pechat.Messaging;

/// <summary>Deletes sent messages and accepted ids that are old enough, a little at a time.</summary>
internal sealed class TableCleaner(NpgsqlDataSource db, MessagingOptions options, TimeProvider clock) : BackgroundService
{
    private const int Chunk = 1000;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await CleanAsync(stoppingToken);
            }
            catch (NpgsqlException e) when (e.IsTransient)
            {
                // The next round does it; readiness and the relay already tell that the database is away.
            }
            await Task.Delay(Interval, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    internal async Task CleanAsync(CancellationToken ct)
    {
        DateTimeOffset now = clock.GetUtcNow();
        await DeleteAsync("""
            delete from public.outbox where sequence in
                (select sequence from public.outbox where sent_at < @before order by sent_at limit @Chunk for update skip locked)
            """, now - options.KeepSent, ct);
        await DeleteAsync("""
            delete from public.inbox where (message_id, consumer) in
                (select message_id, consumer from public.inbox where accepted_at < @before order by accepted_at limit @Chunk)
            """, now - options.KeepAccepted, ct);
    }

    private async Task DeleteAsync(string sql, DateTimeOffset before, CancellationToken ct)
    {
        int deleted;
        do
        {
            await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
            deleted = await connection.ExecuteAsync(new CommandDefinition(sql, new { before, Chunk }, cancellationToken: ct));
        }
        while (deleted == Chunk);
    }
}
