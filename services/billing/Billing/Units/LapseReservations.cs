using Dapper;
using Npgsql;
using Pechat.Persistence;

namespace Pechat.Billing.Units;

/// <summary>Gives back what was reserved and neither captured nor released in time. Safe with many replicas: each reservation is locked.</summary>
internal sealed partial class LapseReservations(NpgsqlDataSource db, BillingOptions options, TimeProvider clock, ILogger<LapseReservations> logger) : BackgroundService
{
    private const int Chunk = 200;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LapseAsync(stoppingToken);
            }
            catch (NpgsqlException e) when (e.IsTransient)
            {
                Later(logger, e);
            }
            await Task.Delay(options.LapseInterval, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    internal async Task LapseAsync(CancellationToken ct)
    {
        DateTimeOffset now = clock.GetUtcNow();
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        var due = await connection.QueryAsync<Guid>(new CommandDefinition(
            "select reservation_id from open_reservation where expires_at <= @now order by expires_at limit @Chunk", new { now, Chunk }, cancellationToken: ct));
        foreach (Guid reservation in due)
            await db.InTransactionAsync(tx => Ledger.SettleAsync(tx, reservation, "release", null, now, ct), ct);
    }

    [LoggerMessage(5201, LogLevel.Warning, "Reservations past their end wait for the database")]
    private static partial void Later(ILogger logger, Exception exception);
}
