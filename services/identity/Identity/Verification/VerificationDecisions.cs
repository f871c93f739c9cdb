using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Identity.History;
using Pechat.Persistence;

namespace Pechat.Identity.Verification;

/// <summary>Takes one open verification at a time and records what the provider found. Any number of replicas may run it.</summary>
internal sealed partial class VerificationDecisions(
    NpgsqlDataSource db, IIdentityVerifier verifier, DecisionRecord record, TimeProvider clock, ILogger<VerificationDecisions> logger)
{
    /// <summary>How long a replica may take over one case before another tries.</summary>
    internal static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    /// <summary>How long the person has to capture document and face (SM-3).</summary>
    internal static readonly TimeSpan CaptureTime = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(5);

    /// <summary>Works on one case that is due; false when none is.</summary>
    internal async Task<bool> DecideNextAsync(CancellationToken ct)
    {
        VerificationRow? row = await TakeAsync(ct);
        if (row is null)
            return false;
        string state = await DecideAsync(row, ct);
        if (state != row.State)
            Decided(logger, row.Id, state);
        return true;
    }

    private async Task<VerificationRow?> TakeAsync(CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<VerificationRow>(new CommandDefinition($"""
            update verification set next_check_at = @lease
            where id = (
                select id from verification
                where state in ('Started', 'Submitted', 'SuspendedUntilClarification') and next_check_at <= @now
                order by next_check_at limit 1 for update skip locked)
            returning {VerificationRow.Columns}
            """, new { now = clock.GetUtcNow(), lease = clock.GetUtcNow() + Lease }, cancellationToken: ct));
    }

    private async Task<string> DecideAsync(VerificationRow row, CancellationToken ct)
    {
        if (row.State == "SuspendedUntilClarification") // due means that nobody cleared it up
            return await EndAsync(row, "Negative", Reasons.NoClarification, new VerificationOutcome.Pending(), ct);
        if (row.State == "Started" && clock.GetUtcNow() - row.CreatedAt >= CaptureTime)
            return await EndAsync(row, "Abandoned", null, new VerificationOutcome.Pending(), ct);
        VerificationOutcome outcome;
        try
        {
            outcome = await verifier.ExamineAsync(await row.CaseAsync(db, ct), ct);
        }
        catch (FaultException fault) when (fault.Kind == FaultKind.Unavailable)
        {
            Later(logger, row.Id, fault.Code);
            return await PostponeAsync(row, row.State, null, ct);
        }
        return outcome switch
        {
            VerificationOutcome.Positive positive => await db.InTransactionAsync(
                tx => record.AcceptAsync(tx, row, positive.Assertion, verifier.Name, outcome.Checks, ct), ct),
            VerificationOutcome.Negative negative => await EndAsync(row, "Negative", negative.Reason, outcome, ct),
            VerificationOutcome.Suspended suspended => await EndAsync(row, "SuspendedUntilClarification", suspended.Reason, outcome, ct),
            VerificationOutcome.Failed => await EndAsync(row, "Failed", null, outcome, ct),
            VerificationOutcome.Capturing capturing => await PostponeAsync(row, "Started", capturing.Page, ct),
            _ => await PostponeAsync(row, "Submitted", null, ct),
        };
    }

    private Task<string> EndAsync(VerificationRow row, string state, string? reason, VerificationOutcome outcome, CancellationToken ct) =>
        db.InTransactionAsync(tx => record.EndAsync(tx, row, state, reason, null, outcome is VerificationOutcome.Pending ? HistoryLog.System : verifier.Name, outcome.Checks, ct), ct);

    private async Task<string> PostponeAsync(VerificationRow row, string state, Uri? page, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition("""
            update verification set state = @state, capture_url = coalesce(@page, capture_url), next_check_at = @again where id = @Id and state = @before
            """, new { row.Id, before = row.State, state, page = page?.AbsoluteUri, again = clock.GetUtcNow() + AskAgain }, cancellationToken: ct));
        return state;
    }

    [LoggerMessage(1202, LogLevel.Information, "Verification {Verification} is {State}")]
    private static partial void Decided(ILogger logger, Guid verification, string state);

    [LoggerMessage(1203, LogLevel.Warning, "Verification {Verification} waits for the provider: {Why}")]
    private static partial void Later(ILogger logger, Guid verification, string why);
}
