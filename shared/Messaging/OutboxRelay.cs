using System.Diagnostics.Metrics;
using System.Text.Json;
using Dapper;
using MassTransit;
using Npgsql;
using Pechat.Persistence;

namespace Pechat.Messaging;

/// <summary>
/// Publishes what transactions left in the outbox, at least once and in batches. Many relays may run: each locks the rows it sends.
/// Rows of types that this version does not know wait for the version that wrote them.
/// </summary>
internal sealed partial class OutboxRelay(
    NpgsqlDataSource db, IBus bus, MessagingOptions options, TimeProvider clock, ILogger<OutboxRelay> logger) : BackgroundService
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);
    private static readonly Meter Meter = new("Pechat.Messaging");
    private static readonly Counter<long> Sent = Meter.CreateCounter<long>("pechat.messaging.relay.sent", "{message}", "Messages confirmed by the broker.");
    private static readonly Counter<long> Failed = Meter.CreateCounter<long>("pechat.messaging.relay.failed", "{batch}", "Batches that the broker did not confirm.");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        TimeSpan pause = options.RelayInterval;
        while (!stoppingToken.IsCancellationRequested)
        {
            Task signal = OutboxSignal.Next; // asked for before looking, so that a commit in between is not missed
            try
            {
                while (await SendBatchAsync(stoppingToken) == options.RelayBatch)
                {
                    // more is waiting
                }
                pause = options.RelayInterval;
                await Task.WhenAny(signal, Task.Delay(pause, clock, stoppingToken));
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested && IsOutage(e))
            {
                // The rows stay unsent. A signal does not shorten this pause: the broker is not helped by more attempts.
                Failed.Add(1);
                NotSent(logger, pause, e.GetType().Name, e.Message);
                await Task.Delay(pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    /// <summary>Sends up to one batch.</summary>
    /// <returns>How many messages the broker confirmed.</returns>
    internal async Task<int> SendBatchAsync(CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        await using NpgsqlTransaction tx = await connection.BeginTransactionAsync(ct);
        var rows = (await connection.QueryAsync<Row>(new CommandDefinition("""
            select sequence, id, type, body
            from public.outbox
            where sent_at is null and type = any(@Names)
            order by sequence
            limit @limit
            for update skip locked
            """,
            new { EventTypes.Names, limit = options.RelayBatch }, tx, cancellationToken: ct))).AsList();
        if (rows.Count == 0)
            return 0;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(options.ConfirmTimeout);
        // In flight together, so that one round trip confirms many; each task ends when the broker has the message on disk.
        await Task.WhenAll(rows.Select(row => PublishAsync(row, patience.Token)));
        await connection.ExecuteAsync(new CommandDefinition(
            "update public.outbox set sent_at = @now where sequence = any(@sequences)",
            new { now = clock.GetUtcNow(), sequences = rows.Select(r => r.Sequence).ToArray() }, tx, cancellationToken: ct));
        await tx.CommitAsync(ct);
        Sent.Add(rows.Count);
        return rows.Count;
    }

    private Task PublishAsync(Row row, CancellationToken ct)
    {
        Type type = EventTypes.Of(row.Type);
        object message = JsonSerializer.Deserialize(row.Body, type, Outbox.Json)!;
        return bus.Publish(message, type, Pipe.Execute<PublishContext>(context => context.MessageId = row.Id), ct);
    }

    // The broker or the database is away, or slow beyond patience; everything else is a defect for the supervisor.
    private static bool IsOutage(Exception e) =>
        e is OperationCanceledException or MassTransitException or RabbitMQ.Client.Exceptions.RabbitMQClientException or NpgsqlException { IsTransient: true } or TimeoutException;

    private sealed record Row(long Sequence, Guid Id, string Type, string Body);

    [LoggerMessage(201, LogLevel.Warning, "Outgoing messages wait another {Pause}: {Kind}: {Why}")]
    private static partial void NotSent(ILogger logger, TimeSpan pause, string kind, string why);
}
