using Dapper;
using Npgsql;
using Pechat.Contracts.Events.Signing;
using Pechat.Persistence;

namespace Pechat.Signing.Transactions;

/// <summary>Records that signatures exist. Nothing is released to a client before this.</summary>
internal sealed class RecordSignatures
{
    private const int Lanes = 2, MostAtOnce = 500;

    /// <summary>Sets what a transaction has left, and ends it when that is nothing; the caller adds from where the counts come, and conditions.</summary>
    private const string Use = """
        update signing_transaction t
        set remaining = t.remaining - u.count,
            state = case when t.remaining = u.count then 'completed' else t.state end,
            ended_at = case when t.remaining = u.count then @now end,
            lease_until = null
        """;

    private const string StillOpen = "t.state in ('active', 'signing') and t.remaining >= u.count";

    private readonly NpgsqlDataSource _db;
    private readonly ReportSignatures _report;
    private readonly TimeProvider _clock;
    private readonly GroupCommit<(Guid Id, int Count), bool> _together;

    public RecordSignatures(NpgsqlDataSource db, ReportSignatures report, TimeProvider clock)
    {
        (_db, _report, _clock) = (db, report, clock);
        _together = new(Lanes, MostAtOnce, RoundAsync);
    }

    /// <summary>Uses up budget; the event that captures the units follows shortly. Callers that arrive together share a transaction.</summary>
    /// <param name="id">The transaction.</param>
    /// <param name="count">Signatures made now.</param>
    /// <returns>False when the transaction ended in the meantime: then the signatures must not be released.</returns>
    internal Task<bool> RecordAsync(Guid id, int count) => _together.RunAsync((id, count)); // never cancelled by the caller: the signatures exist

    /// <summary>The same together with what else is stored, and the event at once.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="count">Signatures made now.</param>
    /// <param name="documentIds">Signed files for the archive.</param>
    /// <param name="store">Stores it in the same database transaction.</param>
    internal Task<bool> RecordAsync(SigningTransaction transaction, int count, IReadOnlyList<Guid> documentIds, Func<NpgsqlTransaction, Task> store)
    {
        CancellationToken ct = CancellationToken.None;
        DateTimeOffset now = _clock.GetUtcNow();
        return _db.InTransactionAsync(async tx =>
        {
            if (await tx.Connection!.ExecuteAsync(new CommandDefinition($"{Use} from (values (@Id, @count)) u (id, count) where t.id = u.id and {StillOpen}",
                    new { transaction.Id, count, now = now.UtcDateTime }, tx, cancellationToken: ct)) == 0)
                return false;
            await store(tx);
            await Outbox.AddAsync(tx, Guid.CreateVersion7(), new SignatureCreated(
                transaction.Id, transaction.CustomerId, transaction.CredentialId, transaction.ClientId, count, documentIds, now), now, ct);
            return true;
        }, ct);
    }

    private async Task<IReadOnlyList<bool>> RoundAsync(IReadOnlyList<(Guid Id, int Count)> uses)
    {
        // A statement changes a row once, so the uses of one transaction go in together; if that is more than it has left, one by one.
        Dictionary<Guid, int> sums = [];
        foreach ((Guid id, int count) in uses)
            sums[id] = sums.GetValueOrDefault(id) + count;
        HashSet<Guid> used = await UseAsync(sums);
        if (used.Count < sums.Count)
            return await OneByOneAsync(uses, used);
        _report.Due();
        return [.. uses.Select(_ => true)];
    }

    private async Task<IReadOnlyList<bool>> OneByOneAsync(IReadOnlyList<(Guid Id, int Count)> uses, HashSet<Guid> used)
    {
        List<bool> results = [];
        foreach ((Guid id, int count) in uses)
            results.Add(used.Contains(id) || (await UseAsync(new() { [id] = count })).Count == 1);
        _report.Due();
        return results;
    }

    private async Task<HashSet<Guid>> UseAsync(Dictionary<Guid, int> sums)
    {
        await using NpgsqlConnection connection = await _db.OpenConnectionAsync();
        // Rows are locked in one order, so that two replicas do not wait for each other.
        return [.. await connection.QueryAsync<Guid>($"""
            with given as (select * from unnest(@ids, @counts) as g (id, count)),
            u as (select t.id, g.count from signing_transaction t join given g on g.id = t.id order by t.id for update of t),
            changed as ({Use} from u where t.id = u.id and {StillOpen} returning t.id, u.count)
            insert into unreported_signature as r (transaction_id, count)
            select id, count from changed
            on conflict (transaction_id) do update set count = r.count + excluded.count
            returning transaction_id
            """, new { ids = sums.Keys.ToArray(), counts = sums.Values.ToArray(), now = _clock.GetUtcNow().UtcDateTime })];
    }
}
