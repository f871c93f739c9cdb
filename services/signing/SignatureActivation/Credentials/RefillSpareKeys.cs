using Npgsql;
using Dapper;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Pkcs11;

namespace Pechat.SignatureActivation.Credentials;

/// <summary>Makes keys ahead when the pool runs low, behind whoever waits for a signature.</summary>
internal sealed partial class RefillSpareKeys(
    NpgsqlDataSource db, TokenPool pool, UserKeys userKeys, SpareKeys spareKeys, SignatureActivationOptions options, TimeProvider clock,
    ILogger<RefillSpareKeys> logger) : BackgroundService
{
    private const int LockKey = 4_302;

    /// <summary>Fills every pool that is below its low-water mark; one process at a time.</summary>
    /// <returns>How many keys were made.</returns>
    internal async Task<int> RunOnceAsync(CancellationToken ct)
    {
        int made = 0;
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        if (!await connection.ExecuteScalarAsync<bool>("select pg_try_advisory_lock(@LockKey)", new { LockKey }))
            return 0;
        try
        {
            foreach ((KeyAlgorithm algorithm, SpareKeyLevel level) in options.SpareKeys.Levels)
            {
                int count = await SpareKeys.CountAsync(connection, algorithm, ct);
                int wanted = count < level.LowWater ? level.Target : count;
                for (; count < wanted; count++, made++)
                {
                    NewKey key = await userKeys.GenerateAsync(algorithm, ct);
                    await pool.DestroyAsync(key.Handle, CancellationToken.None);
                    await spareKeys.AddAsync(connection, algorithm, key.PublicKey, key.Wrapped, key.KekGeneration, ct);
                }
                Telemetry.SpareKeysLeft[algorithm] = count;
            }
            return made;
        }
        finally
        {
            if (connection.FullState == System.Data.ConnectionState.Open)
                await connection.ExecuteAsync("select pg_advisory_unlock(@LockKey)", new { LockKey });
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.SpareKeys.Period, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (Exception away) when (away is NpgsqlException or Pkcs11Exception or TokenBusyException)
            {
                Interrupted(logger, away);
            }
        }
    }

    [LoggerMessage(6007, LogLevel.Warning, "Making keys ahead was interrupted and goes on later")]
    private static partial void Interrupted(ILogger logger, Exception exception);
}
