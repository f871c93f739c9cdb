using Dapper;
using Npgsql;
using Pechat.Pkcs11;
using Pechat.SignatureActivation.Audit;
using Pechat.SignatureActivation.Keys;

namespace Pechat.SignatureActivation.Credentials;

/// <summary>Wraps users' keys again after a roll-over of the KEK, behind whoever waits for a signature.</summary>
internal sealed partial class RewrapKeys(
    NpgsqlDataSource db, TokenPool pool, ModuleCryptography module, AuditTrail audit, TimeProvider clock, ILogger<RewrapKeys> logger) : BackgroundService
{
    /// <summary>How often a new generation is looked for.</summary>
    internal static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private const int BatchSize = 100, LockKey = 4_301;

    private int _finished = 1; // with the first generation there is nothing to do

    /// <summary>Looks for a new generation; with one, wraps everything under it.</summary>
    /// <returns>How many keys were wrapped again.</returns>
    internal async Task<int> RunOnceAsync(CancellationToken ct)
    {
        await module.Keys.Keks.RefreshAsync(ct);
        int generation = module.Keys.Keks.Current;
        if (generation == _finished)
            return 0;
        // One process does it. The others keep looking, because that one may die.
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        if (!await connection.ExecuteScalarAsync<bool>("select pg_try_advisory_lock(@LockKey)", new { LockKey }))
            return 0;
        try
        {
            int count = await RewrapAllAsync(connection, generation, ct);
            if (count > 0)
                await audit.WriteAsync("kek.rolled-over", new { generation, count });
            else
                _finished = generation; // not sooner: another process may have wrapped under the old one meanwhile
            return count;
        }
        finally
        {
            if (connection.FullState == System.Data.ConnectionState.Open)
                await connection.ExecuteAsync("select pg_advisory_unlock(@LockKey)", new { LockKey });
        }
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
            catch (Exception away) when (away is NpgsqlException or Pkcs11Exception or TokenBusyException)
            {
                Interrupted(logger, away); // what is wrapped stays so; the next round does the rest
            }
        }
    }

    private async Task<int> RewrapAllAsync(NpgsqlConnection connection, int generation, CancellationToken ct)
    {
        int count = 0;
        for (Guid after = Guid.Empty; ;)
        {
            var batch = (await connection.QueryAsync<CredentialRow>(new CommandDefinition($"""
                {CredentialRow.SelectSql}
                where c.credential_id > @after
                order by c.credential_id
                limit @BatchSize
                """, new { after, BatchSize }, cancellationToken: ct))).AsList();
            foreach (CredentialRow row in batch.Where(row => !row.IsDestroyed && row.KekGeneration < generation))
                count += await RewrapAsync(connection, row, generation, ct);
            if (batch.Count < BatchSize)
                return count;
            after = batch[^1].CredentialId;
        }
    }

    private async Task<int> RewrapAsync(NpgsqlConnection connection, CredentialRow row, int generation, CancellationToken ct)
    {
        if (!await module.IsBoundAsync(row.Binding, row.RowMac, ct))
        {
            NotOurs(logger, row.CredentialId);
            return 0;
        }
        TokenKey old = await module.Keys.Keks.GetAsync(row.KekGeneration, ct), current = await module.Keys.Keks.GetAsync(generation, ct);
        // In one loan: the key can be taken out, under a KEK, only between these three lines.
        byte[] wrapped = await pool.RunAsync((old, current, row), static (session, s) =>
        {
            TokenKey key = session.UnwrapPrivateKey(s.old, Mechanism.AesKeyWrapPad, s.row.WrappedKey, s.row.Type, extractable: true);
            try
            {
                return session.Wrap(s.current, Mechanism.AesKeyWrapPad, key);
            }
            finally
            {
                session.Destroy(key);
            }
        }, TokenPriority.Background, ct);
        CredentialRow rewrapped = row with { WrappedKey = wrapped };
        byte[] mac = await module.BindAsync(rewrapped.Binding, ct);
        return await connection.ExecuteAsync(new CommandDefinition("""
            insert into wrapping (credential_id, kek_generation, wrapped_key, row_mac, wrapped_at)
            values (@CredentialId, @generation, @wrapped, @mac, @now)
            on conflict do nothing
            """, new { row.CredentialId, generation, wrapped, mac, now = clock.GetUtcNow() }, cancellationToken: ct));
    }

    [LoggerMessage(6005, LogLevel.Warning, "Wrapping keys again was interrupted and goes on later")]
    private static partial void Interrupted(ILogger logger, Exception exception);

    [LoggerMessage(6006, LogLevel.Error, "The row of credential {Credential} was not written by this module: its key is not wrapped again")]
    private static partial void NotOurs(ILogger logger, Guid credential);
}
