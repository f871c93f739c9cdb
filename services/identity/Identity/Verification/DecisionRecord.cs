using Dapper;
using Npgsql;
using Pechat.Contracts.Events.Identity;
using Pechat.Identity.History;
using Pechat.Identity.People;
using Pechat.Persistence;

namespace Pechat.Identity.Verification;

/// <summary>Records where a verification has come to (SM-3), whoever decided: state, person, evidence, history and event in one transaction.</summary>
internal sealed class DecisionRecord(IIdentityVerifier verifier, TimeProvider clock)
{
    /// <summary>How long the customer has to clear something up (SM-3).</summary>
    internal static readonly TimeSpan ClarificationTime = TimeSpan.FromDays(7);

    /// <summary>A positive decision: the person is established, unless the profile or the person belongs elsewhere.</summary>
    /// <returns>The state that stands.</returns>
    internal async Task<string> AcceptAsync(NpgsqlTransaction tx, VerificationRow row, string assertion, string actor, object evidence, CancellationToken ct)
    {
        NpgsqlConnection connection = tx.Connection!;
        PersonalNumber number = row.Number();
        // One decision at a time for each person, so that two profiles cannot both become theirs.
        await connection.ExecuteAsync(new CommandDefinition(
            "select pg_advisory_xact_lock(hashtextextended(@serial, 2))", new { serial = number.SemanticsIdentifier }, tx, cancellationToken: ct));
        var known = (await connection.QueryAsync<(Guid Customer, string Serial)>(new CommandDefinition(
            "select customer_id, serial_number from person where customer_id = @CustomerId or (serial_number = @serial and closed_at is null)",
            new { row.CustomerId, serial = number.SemanticsIdentifier }, tx, cancellationToken: ct))).AsList();
        if (known.Any(k => k.Customer == row.CustomerId && k.Serial != number.SemanticsIdentifier))
            return await EndAsync(tx, row, "Negative", Reasons.PersonMismatch, null, actor, evidence, ct); // a profile never becomes another person's
        if (known.Any(k => k.Customer != row.CustomerId))
            return await EndAsync(tx, row, "Negative", Reasons.DuplicatePerson, null, actor, evidence, ct);
        string state = await EndAsync(tx, row, "Positive", null, assertion, actor, evidence, ct);
        if (state == "Positive")
            await EstablishAsync(connection, tx, row, number, ct);
        return state;
    }

    /// <summary>Moves the attempt on from the state that <paramref name="row"/> was read in.</summary>
    /// <returns>The state that stands: another decision may have been quicker.</returns>
    internal async Task<string> EndAsync(
        NpgsqlTransaction tx, VerificationRow row, string state, string? reason, string? assertion, string actor, object evidence, CancellationToken ct)
    {
        DateTimeOffset now = clock.GetUtcNow();
        bool open = state == "SuspendedUntilClarification";
        int decided = await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            update verification set state = @state, reason = @reason, assertion = @assertion, decided_at = @decided,
                clarify_until = coalesce(@until, clarify_until), next_check_at = coalesce(@until, next_check_at)
            where id = @id and state = @before
            """, new
        {
            id = row.Id,
            before = row.State,
            state,
            reason,
            assertion,
            decided = open ? (DateTimeOffset?)null : now,
            until = open ? now + ClarificationTime : (DateTimeOffset?)null,
        }, tx, cancellationToken: ct));
        if (decided == 0)
            return row.State; // another replica was quicker, and its decision stands
        await Evidence.AddAsync(tx, row.Id, "decided", actor, new { before = row.State, after = state, reason, evidence, assertion }, now, ct);
        await HistoryLog.AddAsync(tx, row.CustomerId, "identity." + Kind(state), actor, new { verification = row.Id, reason }, now, ct);
        await Outbox.AddAsync(tx, Guid.CreateVersion7(), new VerificationDecided(row.CustomerId, row.Id, Kind(state), reason, now), now, ct);
        return state;
    }

    private static string Kind(string state) => state == "SuspendedUntilClarification" ? "suspended" : state.ToLowerInvariant();

    private async Task EstablishAsync(NpgsqlConnection connection, NpgsqlTransaction tx, VerificationRow row, PersonalNumber number, CancellationToken ct)
    {
        await connection.ExecuteAsync(new CommandDefinition("""
            insert into person (customer_id, verification_id, serial_number, national_id, national_id_type, country,
                given_name, surname, given_name_latin, surname_latin, date_of_birth, document_number, document_expires_on, method, verified_at)
            values (@CustomerId, @Id, @serial, @NationalId, @NationalIdType, @Country,
                @GivenName, @Surname, @GivenNameLatin, @SurnameLatin, @DateOfBirth, @DocumentNumber, @DocumentExpiresOn, @method, @now)
            on conflict (customer_id) do update set verification_id = excluded.verification_id,
                given_name = excluded.given_name, surname = excluded.surname, given_name_latin = excluded.given_name_latin,
                surname_latin = excluded.surname_latin, document_number = excluded.document_number, document_expires_on = excluded.document_expires_on,
                method = excluded.method, verified_at = excluded.verified_at
            """, new
        {
            row.CustomerId,
            row.Id,
            serial = number.SemanticsIdentifier,
            row.NationalId,
            row.NationalIdType,
            row.Country,
            row.GivenName,
            row.Surname,
            row.GivenNameLatin,
            row.SurnameLatin,
            row.DateOfBirth,
            row.DocumentNumber,
            row.DocumentExpiresOn,
            method = verifier.Method,
            now = clock.GetUtcNow(),
        }, tx, cancellationToken: ct));
        await connection.ExecuteAsync(new CommandDefinition(
            "update customer set state = 'Identified' where id = @CustomerId and state = 'ContactVerified'", new { row.CustomerId }, tx, cancellationToken: ct));
    }
}
