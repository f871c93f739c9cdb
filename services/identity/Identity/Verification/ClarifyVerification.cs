using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Identity.History;
using Pechat.Identity.OAuth;
using Pechat.Persistence;

namespace Pechat.Identity.Verification;

/// <summary>The customer answers what a suspended verification asked (SM-3): it goes back to the provider without repeating earlier steps (AC-003).</summary>
internal static class ClarifyVerification
{
    internal const int MaxLength = 2000;
    internal const int MaxAnswers = 10;

    internal sealed record Request(string? Text);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/verifications/{id:guid}/clarification", Handle).RequireAccess(Scopes.Enrolment, Scopes.Device);

    internal static async Task<IResult> Handle(Guid id, Request request, ClaimsPrincipal user, NpgsqlDataSource db, TimeProvider clock, CancellationToken ct)
    {
        string text = request.Text?.Trim() ?? "";
        if (text.Length is 0 or > MaxLength)
            throw FaultException.Invalid("invalid_request", $"text must have 1 to {MaxLength} characters");
        Guid customer = user.CustomerId();
        DateTimeOffset now = clock.GetUtcNow();
        await db.InTransactionAsync(async tx =>
        {
            string? state = await tx.Connection!.QuerySingleOrDefaultAsync<string>(new CommandDefinition(
                "select state from verification where id = @id and customer_id = @customer for update", new { id, customer }, tx, cancellationToken: ct))
                ?? throw FaultException.NotFound("unknown_verification", "there is no such verification");
            if (state != "SuspendedUntilClarification")
                throw FaultException.Conflict("illegal_state", "nothing is to be cleared up");
            int answers = await tx.Connection!.ExecuteScalarAsync<int>(new CommandDefinition(
                "select count(*) from verification_evidence where verification_id = @id and kind = 'clarified'", new { id }, tx, cancellationToken: ct));
            if (answers >= MaxAnswers)
                throw FaultException.Exhausted("too_many_answers", "no more can be added; an operator decides");
            await tx.Connection!.ExecuteAsync(new CommandDefinition("""
                update verification set state = 'Submitted', next_check_at = @now, clarify_until = null, proposed_outcome = null, proposed_by = null, proposed_at = null
                where id = @id
                """, new { id, now }, tx, cancellationToken: ct));
            await Evidence.AddAsync(tx, id, "clarified", HistoryLog.ActorOf(user), new { text }, now, ct);
            await HistoryLog.AddAsync(tx, customer, "identity.clarified", HistoryLog.ActorOf(user), new { verification = id }, now, ct);
        }, ct);
        return Results.Accepted($"/identity/v1/verifications/{id}", new RequestVerification.Response(id, "pending", null));
    }
}
