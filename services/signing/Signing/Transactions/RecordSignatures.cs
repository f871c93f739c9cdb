using Dapper;
using Npgsql;
using Pechat.Contracts.Events.Signing;
using Pechat.Persistence;

namespace Pechat.Signing.Transactions;

/// <summary>Records that signatures exist, together with the event that captures their units. Nothing is released to a client before this.</summary>
internal sealed class RecordSignatures(NpgsqlDataSource db, TimeProvider clock)
{
    /// <summary>What is recorded.</summary>
    /// <param name="TransactionId">The transaction.</param>
    /// <param name="Count">Signatures made now.</param>
    /// <param name="DocumentIds">Signed files for the archive.</param>
    internal sealed record Made(Guid TransactionId, int Count, IReadOnlyList<Guid> DocumentIds);

    private sealed record Row(Guid CustomerId, Guid CredentialId, string ClientId);

    /// <summary>False when the transaction ended in the meantime: then the signatures must not be released.</summary>
    /// <param name="made">What is recorded.</param>
    /// <param name="store">What else is stored in the same database transaction.</param>
    /// <param name="ct">Cancels.</param>
    internal Task<bool> RecordAsync(Made made, Func<NpgsqlTransaction, Task>? store, CancellationToken ct) => db.InTransactionAsync(async tx =>
    {
        DateTimeOffset now = clock.GetUtcNow();
        Row? row = await tx.Connection!.QuerySingleOrDefaultAsync<Row>(new CommandDefinition("""
            update signing_transaction
            set remaining = remaining - @Count,
                state = case when remaining = @Count then 'completed' else state end,
                ended_at = case when remaining = @Count then @now end,
                lease_until = null
            where id = @TransactionId and state in ('active', 'signing') and remaining >= @Count
            returning customer_id, credential_id, client_id
            """, new { made.TransactionId, made.Count, now = now.UtcDateTime }, tx, cancellationToken: ct));
        if (row is null)
            return false;
        if (store is not null)
            await store(tx);
        await Outbox.AddAsync(tx, Guid.CreateVersion7(), new SignatureCreated(
            made.TransactionId, row.CustomerId, row.CredentialId, row.ClientId, made.Count, made.DocumentIds, now), now, ct);
        return true;
    }, ct);
}
