using Dapper;
using Npgsql;

namespace Pechat.Signing.Transactions;

/// <summary>Waits until the signer has decided, for callers whose protocol has no way to ask again (D-28).</summary>
internal sealed class AwaitDecision(NpgsqlDataSource db, EndTransaction end, TransactionSignal signal, SigningOptions options, TimeProvider clock)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500), AfterConfirmation = TimeSpan.FromSeconds(30);

    internal sealed record Outcome(string State, DateTime? SadExpiresAt);

    /// <summary>The state that the transaction reached. What is not decided in time, or whose caller has gone, is withdrawn from the phone.</summary>
    internal async Task<Outcome> WaitAsync(Guid id, CancellationToken ct)
    {
        DateTimeOffset withdraw = clock.GetUtcNow() + options.SynchronousWait, giveUp = withdraw + AfterConfirmation;
        try
        {
            for (; ; await signal.WaitAsync(id, Look, clock, ct))
            {
                Outcome outcome = await FindAsync(id, ct);
                if (outcome.State is not ("pending" or "confirming") || clock.GetUtcNow() >= giveUp)
                    return outcome;
                if (clock.GetUtcNow() >= withdraw)
                    await end.EndAsync(id, ["pending"], "expired", ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await end.EndAsync(id, ["pending"], "expired", CancellationToken.None);
            throw;
        }
        finally
        {
            signal.Forget(id);
        }
    }

    private async Task<Outcome> FindAsync(Guid id, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return await connection.QuerySingleAsync<Outcome>(new CommandDefinition(
            "select state, sad_expires_at from signing_transaction where id = @id", new { id }, cancellationToken: ct));
    }
}
