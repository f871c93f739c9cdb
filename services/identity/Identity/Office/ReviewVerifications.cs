using System.Security.Claims;
using System.Text.Json;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Identity.History;
using Pechat.Identity.OAuth;
using Pechat.Identity.People;
using Pechat.Identity.Verification;
using Pechat.Persistence;

namespace Pechat.Identity.Office;

/// <summary>Verifications that wait for a decision, oldest first, and one of them with all its evidence. Looking at evidence is recorded.</summary>
internal static class ReviewVerifications
{
    internal const int MaxCases = 100;

    /// <param name="Id">The attempt.</param>
    /// <param name="CustomerId">Whose.</param>
    /// <param name="Reason">What is to be cleared up.</param>
    /// <param name="NationalId">Masked .</param>
    /// <param name="LatinReview">The Latin name differs from the transliteration .</param>
    /// <param name="CreatedAt">When it was submitted.</param>
    /// <param name="ClarifyUntil">The deadline.</param>
    /// <param name="ProposedOutcome">What the first of two operators proposes.</param>
    /// <param name="ProposedBy">Who that was.</param>
    internal sealed record Item(
        Guid Id, Guid CustomerId, string? Reason, string NationalId, bool LatinReview, DateTimeOffset CreatedAt, DateTimeOffset? ClarifyUntil, string? ProposedOutcome, Guid? ProposedBy);

    internal sealed record Piece(DateTimeOffset At, string Kind, string Actor, JsonElement Content);

    internal sealed record Case(Guid Id, Guid CustomerId, string State, IReadOnlyList<Piece> Evidence);

    private sealed record Row(
        Guid Id, Guid CustomerId, string? Reason, string NationalId, string NationalIdType, bool LatinReview, DateTime CreatedAt, DateTime? ClarifyUntil, string? ProposedOutcome, Guid? ProposedBy);

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/office/verifications", List).RequireAccess(Scopes.Office);
        routes.MapGet("/office/verifications/{id:guid}", Show).RequireAccess(Scopes.Office);
    }

    internal static async Task<IReadOnlyList<Item>> List(ClaimsPrincipal user, IdentityOptions options, NpgsqlDataSource db, CancellationToken ct)
    {
        Officer.Of(user, options, Officer.IdentityOperator);
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        var rows = await connection.QueryAsync<Row>(new CommandDefinition("""
            select id, customer_id, reason, national_id, national_id_type, latin_review, created_at, clarify_until, proposed_outcome, proposed_by
            from verification where state = 'SuspendedUntilClarification'
            order by created_at, id limit @MaxCases
            """, new { MaxCases }, cancellationToken: ct));
        return [.. rows.Select(r => new Item(
            r.Id, r.CustomerId, r.Reason, PersonalNumber.TryParse(Enum.Parse<PersonalNumberType>(r.NationalIdType), r.NationalId)!.Masked,
            r.LatinReview, r.CreatedAt, r.ClarifyUntil, r.ProposedOutcome, r.ProposedBy))];
    }

    internal static async Task<Case> Show(Guid id, ClaimsPrincipal user, IdentityOptions options, NpgsqlDataSource db, TimeProvider clock, CancellationToken ct)
    {
        Guid officer = Officer.Of(user, options, Officer.IdentityOperator);
        return await db.InTransactionAsync(async tx =>
        {
            var (customer, state) = await tx.Connection!.QuerySingleOrDefaultAsync<(Guid, string?)>(new CommandDefinition(
                "select customer_id, state from verification where id = @id", new { id }, tx, cancellationToken: ct));
            if (state is null)
                throw FaultException.NotFound("unknown_verification", "there is no such verification");
            await Evidence.AddAsync(tx, id, "viewed", Officer.Actor(officer), new { }, clock.GetUtcNow(), ct);
            await HistoryLog.AddAsync(tx, customer, "identity.viewed", Officer.Actor(officer), new { verification = id }, clock.GetUtcNow(), ct, visible: false);
            var pieces = await tx.Connection!.QueryAsync<(DateTime At, string Kind, string Actor, string Content)>(new CommandDefinition(
                "select at, kind, actor, content from verification_evidence where verification_id = @id and kind <> 'viewed' order by at, id", new { id }, tx, cancellationToken: ct));
            return new Case(id, customer, state, [.. pieces.Select(p => new Piece(p.At, p.Kind, p.Actor, JsonElement.Parse(p.Content)))]);
        }, ct);
    }
}
