using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Identity.OAuth;
using Pechat.Identity.Verification;
using Pechat.Persistence;

namespace Pechat.Identity.Office;

/// <summary>
/// An operator decides a suspended verification, with a reason. Where a second decision is configured (<c>Identity:SecondDecision</c>), the
/// first one is a proposal, and another operator must come to the same.
/// </summary>
internal static class DecideVerification
{
    internal sealed record Request(string? Outcome, string? Category, string? Reason);

    /// <param name="VerificationId">The attempt.</param>
    /// <param name="State">As for the customer; <c>proposed</c> when a second operator is needed.</param>
    internal sealed record Response(Guid VerificationId, string State);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/office/verifications/{id:guid}/decision", Handle).RequireAccess(Scopes.Office);

    internal static async Task<Response> Handle(
        Guid id, Request request, ClaimsPrincipal user, IdentityOptions options, NpgsqlDataSource db, IIdentityVerifier verifier, DecisionRecord record,
        TimeProvider clock, CancellationToken ct)
    {
        // Step 1: who decides what, and why.
        string reason = Officer.ReadReason(request.Reason);
        if (request.Outcome is not ("positive" or "negative"))
            throw FaultException.Invalid("invalid_request", "outcome must be positive or negative");
        if (request.Outcome == "negative" && !Reasons.ForOperators.Contains(request.Category, StringComparer.Ordinal))
            throw FaultException.Invalid("invalid_request", $"category must be one of {string.Join(", ", Reasons.ForOperators)}");
        VerificationRow row = await ReadAsync(db, id, ct);
        Guid officer = Officer.Of(user, options, Officer.IdentityOperator, about: row.CustomerId);
        if (row.State != "SuspendedUntilClarification")
            throw FaultException.Conflict("illegal_state", "the verification does not wait for an operator");
        object evidence = new { request.Outcome, request.Category, reason, proposedBy = row.ProposedBy };

        // Step 2: the first of two only proposes.
        if (options.SecondDecision && row.ProposedOutcome != request.Outcome)
        {
            await db.InTransactionAsync(tx => ProposeAsync(tx, row, request.Outcome, officer, evidence, clock.GetUtcNow(), ct), ct);
            return new(id, "proposed");
        }
        if (options.SecondDecision && row.ProposedBy == officer)
            throw FaultException.Conflict("second_officer_needed", "another operator must decide the same");

        // Step 3: the decision counts.
        string? assertion = request.Outcome == "positive" ? await verifier.AssertAsync(await row.CaseAsync(db, ct), ct) : null;
        string state = await db.InTransactionAsync(tx => assertion is not null
            ? record.AcceptAsync(tx, row, assertion, Officer.Actor(officer), evidence, ct)
            : record.EndAsync(tx, row, "Negative", request.Category, null, Officer.Actor(officer), evidence, ct), ct);
        return state != row.State
            ? new(id, GetVerification.Public(state)) : throw FaultException.Conflict("illegal_state", "the verification was decided meanwhile");
    }

    private static async Task<VerificationRow> ReadAsync(NpgsqlDataSource db, Guid id, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<VerificationRow>(new CommandDefinition(
            $"select {VerificationRow.Columns} from verification where id = @id", new { id }, cancellationToken: ct))
            ?? throw FaultException.NotFound("unknown_verification", "there is no such verification");
    }

    private static async Task ProposeAsync(
        NpgsqlTransaction tx, VerificationRow row, string outcome, Guid officer, object evidence, DateTimeOffset now, CancellationToken ct)
    {
        // Only upon what was read: of two operators who propose at once, one is told to look again.
        int proposed = await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            update verification set proposed_outcome = @outcome, proposed_by = @officer, proposed_at = @now
            where id = @Id and state = 'SuspendedUntilClarification' and proposed_by is not distinct from @ProposedBy
            """, new { row.Id, row.ProposedBy, outcome, officer, now }, tx, cancellationToken: ct));
        if (proposed == 0)
            throw FaultException.Conflict("illegal_state", "the verification changed meanwhile; look again");
        await Evidence.AddAsync(tx, row.Id, "proposed", Officer.Actor(officer), evidence, now, ct);
    }
}
