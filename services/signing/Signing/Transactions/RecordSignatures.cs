using Dapper;
using Npgsql;
using Pechat.Contracts.Events.Signing;
using Pechat.Persistence;

namespace Pechat.Signing.Transactions;

/// <summary>Records that signatures exist, together with the event that captures their units. Nothing is released to a client before this.</summary>
internal sealed class RecordSignatures(NpgsqlDataSource db, TimeProvider clock)
{
    private const string Use = """
        update signing_transaction
        set remaining = remaining - @Count,
            state = case when remaining = @Count then 'completed' else state end,
            ended_at = case when remaining = @Count then @At end,
            lease_until = null
        where id = @Id and state in ('active', 'signing') and remaining >= @Count
        """;

    /// <summary>Uses up budget; false when the transaction ended in the meantime, and then the signatures must not be released.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="count">Signatures made now.</param>
    /// <param name="documentIds">Signed files for the archive.</param>
    /// <param name="store">What else is stored in the same database transaction; null saves the transaction three round trips.</param>
    internal async Task<bool> RecordAsync(SigningTransaction transaction, int count, IReadOnlyList<Guid> documentIds, Func<NpgsqlTransaction, Task>? store)
    {
        // Never cancelled by the caller: the signatures exist.
        CancellationToken ct = CancellationToken.None;
        DateTimeOffset now = clock.GetUtcNow();
        var created = new SignatureCreated(
            transaction.Id, transaction.CustomerId, transaction.CredentialId, transaction.ClientId, count, documentIds, now);
        var use = new { transaction.Id, Count = count, At = now.UtcDateTime };
        if (store is null)
            return await Outbox.AddWithAsync(db, Use, use, Guid.CreateVersion7(), created, now, ct);
        return await db.InTransactionAsync(async tx =>
        {
            if (await tx.Connection!.ExecuteAsync(new CommandDefinition(Use, use, tx, cancellationToken: ct)) == 0)
                return false;
            await store(tx);
            await Outbox.AddAsync(tx, Guid.CreateVersion7(), created, now, ct);
            return true;
        }, ct);
    }
}
