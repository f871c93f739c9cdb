using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Events.Signing;
using Pechat.Persistence;

namespace Pechat.Signing.Transactions;

/// <summary>Ends transactions that will not sign any more: the ledger gives units back by the event, the activation module closes its side.</summary>
internal sealed partial class EndTransaction(
    NpgsqlDataSource db, IActivationModule activation, ReportSignatures report, TimeProvider clock, ILogger<EndTransaction> logger)
{
    /// <summary>Ends one transaction if it is still in one of <paramref name="from"/>.</summary>
    /// <param name="id">The transaction.</param>
    /// <param name="from">States that it may be ended from.</param>
    /// <param name="outcome"><c>rejected</c>, <c>expired</c>, <c>closed</c> or <c>failed</c>.</param>
    /// <param name="ct">Cancels before the end is recorded.</param>
    /// <returns>Whether it was ended now.</returns>
    internal async Task<bool> EndAsync(Guid id, IReadOnlyList<string> from, string outcome, CancellationToken ct)
    {
        bool ended = await db.InTransactionAsync(async tx =>
        {
            Guid? customer = await tx.Connection!.QuerySingleOrDefaultAsync<Guid?>(new CommandDefinition("""
                update signing_transaction
                set state = @outcome, ended_at = @now, close_pending = true, lease_until = null
                where id = @id and state = any(@from)
                returning customer_id
                """, new { id, outcome, from = from.ToArray(), now = clock.GetUtcNow().UtcDateTime }, tx, cancellationToken: ct));
            if (customer is not { } customerId)
                return false;
            await tx.Connection!.ExecuteAsync(new CommandDefinition(
                "update document set prepared = null where transaction_id = @id and prepared is not null", new { id }, tx, cancellationToken: ct));
            await report.TellAsync(tx, id, ct);
            await Outbox.AddAsync(tx, Guid.CreateVersion7(), new SignatureEnded(id, customerId, outcome, clock.GetUtcNow()), clock.GetUtcNow(), ct);
            return true;
        }, ct);
        if (ended)
            await TryCloseAsync(id, ct);
        return ended;
    }

    /// <summary>Tells the activation module; when it cannot be reached, the sweeper tells it later.</summary>
    internal async Task TryCloseAsync(Guid id, CancellationToken ct)
    {
        try
        {
            await activation.CloseAsync(id, ct);
        }
        catch (FaultException fault) when (fault.Kind == FaultKind.Unavailable)
        {
            CloseLater(logger, id, fault.Code);
            return;
        }
        catch (FaultException fault) when (fault.Kind is FaultKind.NotFound or FaultKind.Conflict)
        {
            CloseRefused(logger, id, fault.Code); // it is closed already, or was never known there
        }
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition(
            "update signing_transaction set close_pending = false where id = @id", new { id }, cancellationToken: ct));
    }

    [LoggerMessage(3011, LogLevel.Warning, "Transaction {Id} is closed in the activation module later: {Code}")]
    private static partial void CloseLater(ILogger logger, Guid id, string code);

    [LoggerMessage(3012, LogLevel.Information, "The activation module had nothing to close for transaction {Id}: {Code}")]
    private static partial void CloseRefused(ILogger logger, Guid id, string code);
}
