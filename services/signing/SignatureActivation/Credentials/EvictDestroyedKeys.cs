using Dapper;
using Npgsql;

namespace Pechat.SignatureActivation.Credentials;

/// <summary>Drops the handles of keys that another process destroyed.</summary>
internal sealed partial class EvictDestroyedKeys(NpgsqlDataSource db, UserKeys keys, TimeProvider clock, ILogger<EvictDestroyedKeys> logger) : BackgroundService
{
    /// <summary>How long a destroyed key lives on in the HSM at most.</summary>
    internal static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    // A key that was read before its destruction may be unwrapped after it, and clocks differ.
    private static readonly TimeSpan Overlap = TimeSpan.FromMinutes(2);

    private DateTimeOffset _since = DateTimeOffset.UnixEpoch;

    /// <summary>One round.</summary>
    internal async Task RunOnceAsync(CancellationToken ct)
    {
        DateTimeOffset now = clock.GetUtcNow();
        List<Guid> destroyed;
        await using (NpgsqlConnection connection = await db.OpenConnectionAsync(ct))
        {
            destroyed = (await connection.QueryAsync<Guid>(new CommandDefinition(
                "select credential_id from destruction where destroyed_at >= @since", new { since = _since }, cancellationToken: ct))).AsList();
        }
        foreach (Guid credentialId in destroyed)
            await keys.EvictAsync(credentialId);
        _since = now - Overlap;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (NpgsqlException exception)
            {
                DatabaseAway(logger, exception); // the next round reads from where this one began
            }
        }
    }

    [LoggerMessage(6004, LogLevel.Warning, "The database does not answer; keys destroyed by other processes are dropped later")]
    private static partial void DatabaseAway(ILogger logger, NpgsqlException exception);
}
