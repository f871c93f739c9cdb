using Dapper;
using Npgsql;

namespace Pechat.Signing.Csc;

/// <summary>
/// Tells clients that a result of operationMode A can be fetched (D-21). What is to be told is stored together with the result, so that a crash
/// loses nothing; a client may be told twice. It is tried again with growing pauses until the result's time is over.
/// </summary>
internal sealed partial class NotifyClients(
    NpgsqlDataSource db, IResponseNotifier notifier, SigningOptions options, TimeProvider clock, ILogger<NotifyClients> logger) : BackgroundService
{
    private const int Batch = 20;

    private sealed record Due(Guid Id, string ClientId, string ResponseUri, int NotifyAttempts);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.SweepInterval, clock);
        do
        {
            await NotifyAsync(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    internal async Task NotifyAsync(CancellationToken ct)
    {
        IReadOnlyList<Due> due = await TakeAsync(ct);
        await Task.WhenAll(due.Select(each => TellAsync(each, ct)));
    }

    /// <summary>Takes what is due, on any number of replicas; taking it moves the next attempt on, which is the lease.</summary>
    private async Task<IReadOnlyList<Due>> TakeAsync(CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return (await connection.QueryAsync<Due>(new CommandDefinition("""
            with due as (
                select p.id
                from polled_result p join signing_transaction t on t.id = p.transaction_id
                where p.notify_at <= @now and p.valid_until > @now
                    and (p.response is not null or t.state in ('completed', 'rejected', 'expired', 'closed', 'failed'))
                order by p.notify_at
                limit @Batch
                for update of p skip locked)
            update polled_result p
            set notify_attempts = p.notify_attempts + 1,
                notify_at = @now + least(interval '10 minutes', interval '15 seconds' * power(2, least(p.notify_attempts, 10)))
            from due
            where p.id = due.id
            returning p.id, p.client_id, p.response_uri, p.notify_attempts
            """, new { now = clock.GetUtcNow().UtcDateTime, Batch }, cancellationToken: ct))).AsList();
    }

    private async Task TellAsync(Due due, CancellationToken ct)
    {
        // The registration may have been withdrawn since.
        if (options.ResponseUriOf(due.ClientId, due.ResponseUri) is { } uri && !await notifier.NotifyAsync(uri, due.Id.ToString("D"), ct))
        {
            NotTold(logger, due.Id, due.ClientId, due.NotifyAttempts);
            return;
        }
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition("update polled_result set notify_at = null where id = @Id", new { due.Id }, cancellationToken: ct));
    }

    [LoggerMessage(3031, LogLevel.Warning, "Client {Client} could not be told of result {Id}, attempt {Attempt}")]
    private static partial void NotTold(ILogger logger, Guid id, string client, int attempt);
}
