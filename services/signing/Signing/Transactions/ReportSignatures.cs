using Dapper;
using Npgsql;
using Pechat.Contracts.Events.Signing;
using Pechat.Persistence;

namespace Pechat.Signing.Transactions;

/// <summary>
/// Tells the house of signatures that were made with a SAD: one event for all of a transaction within <see cref="SigningOptions.ReportInterval"/>,
/// so that a thousand single requests are not a thousand events and mails. What is not told yet stands in the database, so a crash loses nothing.
/// </summary>
internal sealed class ReportSignatures(NpgsqlDataSource db, TimeProvider clock)
{
    private const int Batch = 200;

    private TaskCompletionSource _due = NewSignal();

    private sealed record Made(Guid Id, Guid CustomerId, Guid CredentialId, string ClientId, int Count);

    /// <summary>Completes when signatures were recorded in this process after it was asked for.</summary>
    internal Task NextDue => Volatile.Read(ref _due).Task;

    /// <summary>Signatures were recorded.</summary>
    internal void Due()
    {
        if (!NextDue.IsCompleted)
            Volatile.Read(ref _due).TrySetResult();
    }

    /// <summary>Tells everything that is not told yet.</summary>
    internal async Task RunOnceAsync(CancellationToken ct)
    {
        Volatile.Write(ref _due, NewSignal()); // before looking, so that nothing recorded meanwhile is missed
        int told;
        do
        {
            told = await db.InTransactionAsync(tx =>
                TellAsync(tx, $"select transaction_id from unreported_signature limit {Batch} for update skip locked", Guid.Empty, ct), ct);
        }
        while (told == Batch);
    }

    /// <summary>Tells what is not told yet of one transaction, before its end is told.</summary>
    internal Task TellAsync(NpgsqlTransaction tx, Guid transactionId, CancellationToken ct) => TellAsync(tx, "select @transactionId", transactionId, ct);

    private async Task<int> TellAsync(NpgsqlTransaction tx, string which, Guid transactionId, CancellationToken ct)
    {
        var made = (await tx.Connection!.QueryAsync<Made>(new CommandDefinition($"""
            with gone as (delete from unreported_signature where transaction_id in ({which}) returning transaction_id, count)
            select t.id, t.customer_id, t.credential_id, t.client_id, gone.count
            from gone join signing_transaction t on t.id = gone.transaction_id
            """, new { transactionId }, tx, cancellationToken: ct))).AsList();
        DateTimeOffset now = clock.GetUtcNow();
        foreach (Made each in made)
            await Outbox.AddAsync(tx, Guid.CreateVersion7(), new SignatureCreated(each.Id, each.CustomerId, each.CredentialId, each.ClientId, each.Count, [], now), now, ct);
        return made.Count;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>Lets <see cref="ReportSignatures"/> work whenever there is something to tell.</summary>
internal sealed partial class ReportInRounds(ReportSignatures report, SigningOptions options, TimeProvider clock, ILogger<ReportInRounds> logger) : BackgroundService
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5); // for what another process has left

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await Task.WhenAny(report.NextDue, Task.Delay(Longest, clock, stoppingToken));
            await Task.Delay(options.ReportInterval, clock, stoppingToken); // more of the same transactions may follow
            try
            {
                await report.RunOnceAsync(stoppingToken);
            }
            catch (NpgsqlException exception) when (exception.IsTransient)
            {
                DatabaseAway(logger, exception); // nothing is lost: the next round finds it
            }
        }
    }

    [LoggerMessage(3014, LogLevel.Warning, "The database does not answer; signatures are reported later")]
    private static partial void DatabaseAway(ILogger logger, NpgsqlException exception);
}
