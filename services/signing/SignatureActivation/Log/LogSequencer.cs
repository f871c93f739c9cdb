using System.Text;
using System.Text.Json;
using Dapper;
using Npgsql;
using Pechat.MerkleLog;
using Pechat.Persistence;
using Pechat.Pkcs11;
using Pechat.SignatureActivation.Audit;
using Pechat.SignatureActivation.Keys;

namespace Pechat.SignatureActivation.Log;

/// <summary>The latest checkpoint that this process has seen; it outlives a sequencer that crashed, so that a log is not continued after a roll-back.</summary>
internal sealed class SeenCheckpoint
{
    internal Checkpoint? Latest { get; set; }
}

/// <summary>
/// Gives every audit record its place in the Merkle log and signs a checkpoint. An audit record is the leaf itself, written in the transaction of what
/// it records, so none can be dropped on the way: a record that is missing in its hash chain stops the chain and is reported.
/// </summary>
internal sealed partial class LogSequencer(
    NpgsqlDataSource db, ModuleCryptography module, SeenCheckpoint seen, SignatureActivationOptions options, TimeProvider clock, ILogger<LogSequencer> logger)
    : BackgroundService
{
    private const int LockKey = 4_303, BatchSize = 2000;

    private sealed record Chain(Guid Id, long Integrated, byte[]? LastHash);

    private sealed record AuditRecord(Guid Chain, long Number, string Content, byte[] PreviousHash, byte[] Hash);

    /// <summary>Appends what waits, at most a batch, and signs.</summary>
    /// <returns>How many records were appended.</returns>
    /// <exception cref="InvalidOperationException">The stored log is not the one that was signed.</exception>
    internal Task<int> RunOnceAsync(CancellationToken ct) => db.InTransactionAsync(async tx =>
    {
        NpgsqlConnection connection = tx.Connection!;
        if (!await connection.ExecuteScalarAsync<bool>("select pg_try_advisory_xact_lock(@LockKey)", new { LockKey }))
            return 0; // one process does it
        // Step 1: the log is the one that was signed last.
        Checkpoint? last = await LastAsync(connection, ct);
        // Step 2: what waits, in the order of its chains.
        List<AuditRecord> waiting = await WaitingAsync(connection, ct);
        if (waiting.Count == 0)
            return 0;
        // Step 3: append, complete tiles, sign the new size.
        long before = last?.Size ?? 0, size = before + waiting.Count;
        await AppendAsync(connection, before, waiting);
        var store = new LogStore(connection, ct);
        foreach ((int level, long index) in Tiles.Filled(before, size))
        {
            byte[] hash = MerkleTree.FullRoot(await store.TileAsync(level, index));
            await connection.ExecuteAsync("insert into log_node (level, position, hash) values (@level, @index, @hash)", new { level = level + 1, index, hash });
        }
        var checkpoint = new Checkpoint(options.LogOrigin, size, await new LogStore(connection, ct).HashAsync(new(0, size)));
        byte[] signature = await module.Keys.Log.SignAsync(Encoding.UTF8.GetBytes(checkpoint.Body), ct);
        await connection.ExecuteAsync("insert into log_checkpoint (size, note, signed_at) values (@size, @note, @now)",
            new { size, note = checkpoint.Sign(module.Keys.LogPublicKey, signature), now = clock.GetUtcNow() });
        return waiting.Count;
    }, ct);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.LogPeriod, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RunOnceAsync(stoppingToken); // a batch: under load the log falls behind rather than slow signing down, and catches up later
            }
            catch (Exception away) when (away is NpgsqlException or Pkcs11Exception or TokenBusyException)
            {
                Interrupted(logger, away);
            }
        }
    }

    private async Task<Checkpoint?> LastAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        Checkpoint? last = null;
        if (await LogStore.CheckpointAsync(connection, 0, ct) is { } stored)
        {
            last = Checkpoint.Open(stored.Note, module.Keys.LogPublicKey)
                ?? throw new InvalidOperationException($"the checkpoint at {stored.Size} was not signed by this module");
            byte[] root = await new LogStore(connection, ct).HashAsync(new(0, last.Size));
            if (last.Size != stored.Size || !root.AsSpan().SequenceEqual(last.Root))
                throw new InvalidOperationException($"the log is not the one that was signed at {stored.Size}");
        }
        if (seen.Latest is { } latest && (last is null || last.Size < latest.Size || (last.Size == latest.Size && !last.Root.AsSpan().SequenceEqual(latest.Root))))
            throw new InvalidOperationException($"the log was rolled back: this process has seen {latest.Size} entries");
        return seen.Latest = last;
    }

    private async Task<List<AuditRecord>> WaitingAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        IEnumerable<Chain> chains = await connection.QueryAsync<Chain>(new CommandDefinition("""
            with recursive chains as (
                (select chain from audit order by chain limit 1)
                union all
                select (select a.chain from audit a where a.chain > c.chain order by a.chain limit 1) from chains c where c.chain is not null),
            known as (
                select c.chain as id, coalesce((select max(e.number) from log_entry e where e.chain = c.chain), 0) as integrated
                from chains c where c.chain is not null)
            select k.id, k.integrated, (select a.hash from audit a where a.chain = k.id and a.number = k.integrated) as last_hash
            from known k
            where exists (select from audit a where a.chain = k.id and a.number > k.integrated)
            """, cancellationToken: ct));
        List<AuditRecord> waiting = [];
        foreach (Chain chain in chains)
        {
            (long number, byte[]? hash) = (chain.Integrated, chain.LastHash);
            foreach (AuditRecord record in await connection.QueryAsync<AuditRecord>(new CommandDefinition("""
                select chain, number, content, previous_hash, hash
                from audit
                where chain = @Id and number > @Integrated
                order by number
                limit @limit
                """, new { chain.Id, chain.Integrated, limit = BatchSize - waiting.Count }, cancellationToken: ct)))
            {
                if (record.Number != number + 1 || (number > 0 && (hash is null || !hash.AsSpan().SequenceEqual(record.PreviousHash)))
                    || !AuditChain.Hash(record.PreviousHash, record.Content).AsSpan().SequenceEqual(record.Hash))
                {
                    ChainBroken(logger, chain.Id, number);
                    break; // the rest of this chain proves nothing
                }
                (number, hash) = (record.Number, record.Hash);
                waiting.Add(record);
            }
        }
        return waiting;
    }

    private static Task<int> AppendAsync(NpgsqlConnection connection, long before, List<AuditRecord> records) => connection.ExecuteAsync("""
        insert into log_entry (position, chain, number, transaction_id, hash)
        select * from unnest(@positions, @chains, @numbers, @transactions, @hashes)
        """, new
        {
            positions = records.Select((_, i) => before + i).ToArray(),
            chains = records.Select(record => record.Chain).ToArray(),
            numbers = records.Select(record => record.Number).ToArray(),
            transactions = records.Select(record => TransactionOf(record.Content)).ToArray(),
            hashes = records.Select(record => MerkleTree.LeafHash(Encoding.UTF8.GetBytes(record.Content))).ToArray(),
        });

    private static Guid? TransactionOf(string content)
    {
        using JsonDocument json = JsonDocument.Parse(content);
        return json.RootElement.GetProperty("data").TryGetProperty("transactionId", out JsonElement id) ? id.GetGuid() : null;
    }

    [LoggerMessage(6008, LogLevel.Warning, "The log waits, because database or HSM do not answer")]
    private static partial void Interrupted(ILogger logger, Exception exception);

    [LoggerMessage(6009, LogLevel.Error, "Audit chain {Chain} is broken after record {Number}: a record was removed or changed")]
    private static partial void ChainBroken(ILogger logger, Guid chain, long number);
}
