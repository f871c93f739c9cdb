using Dapper;
using Npgsql;
using Pechat.Hosting.Jose;
using Pechat.Identity.People;
using Pechat.Persistence;

namespace Pechat.Identity.Verification;

/// <summary>Takes one open verification at a time and records what the provider found. Any number of replicas may run it.</summary>
internal sealed partial class VerificationDecisions(NpgsqlDataSource db, IIdentityVerifier verifier, TimeProvider clock, ILogger<VerificationDecisions> logger)
{
    /// <summary>How long a replica may take over one case before another tries.</summary>
    internal static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    /// <summary>How long the customer has to clear something up (SM-3).</summary>
    internal static readonly TimeSpan ClarificationTime = TimeSpan.FromDays(7);

    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(5);

    private sealed record Row(
        Guid Id, Guid CustomerId, string State, string DocumentNumber, string NationalId, string NationalIdType, string Country,
        string GivenName, string Surname, string GivenNameLatin, string SurnameLatin, DateOnly DateOfBirth, string DeviceKey);

    /// <summary>Works on one case that is due; false when none is.</summary>
    internal async Task<bool> DecideNextAsync(CancellationToken ct)
    {
        Row? row = await TakeAsync(ct);
        if (row is null)
            return false;
        if (row.State == "SuspendedUntilClarification") // due means that nobody cleared it up
        {
            await db.InTransactionAsync(tx => RecordAsync(tx, row, "Negative", Reasons.NoClarification, null, ct), ct);
            return true;
        }
        PersonalNumber number = PersonalNumber.TryParse(Enum.Parse<PersonalNumberType>(row.NationalIdType), row.NationalId)!;
        VerificationOutcome outcome = await verifier.ExamineAsync(
            new(row.Id, row.CustomerId, row.DocumentNumber, number, row.GivenName, row.Surname, row.DateOfBirth, EcPublicKey.Parse(row.DeviceKey)), ct);
        string state = await db.InTransactionAsync(tx => outcome switch
        {
            VerificationOutcome.Positive positive => AcceptAsync(tx, row, number, positive.Assertion, ct),
            VerificationOutcome.Negative negative => RecordAsync(tx, row, "Negative", negative.Reason, null, ct),
            VerificationOutcome.Suspended suspended => RecordAsync(tx, row, "SuspendedUntilClarification", suspended.Reason, null, ct),
            _ => PostponeAsync(tx, row, ct),
        }, ct);
        Decided(logger, row.Id, state);
        return true;
    }

    private async Task<Row?> TakeAsync(CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition("""
            update verification set next_check_at = @lease
            where id = (
                select id from verification
                where state in ('Submitted', 'SuspendedUntilClarification') and next_check_at <= @now
                order by next_check_at limit 1 for update skip locked)
            returning id, customer_id, state, document_number, national_id, national_id_type, country,
                given_name, surname, given_name_latin, surname_latin, date_of_birth, device_key
            """, new { now = clock.GetUtcNow(), lease = clock.GetUtcNow() + Lease }, cancellationToken: ct));
    }

    private async Task<string> AcceptAsync(NpgsqlTransaction tx, Row row, PersonalNumber number, string assertion, CancellationToken ct)
    {
        NpgsqlConnection connection = tx.Connection!;
        // One decision at a time for each person, so that two profiles cannot both become theirs.
        await connection.ExecuteAsync(new CommandDefinition(
            "select pg_advisory_xact_lock(hashtextextended(@serial, 2))", new { serial = number.SemanticsIdentifier }, tx, cancellationToken: ct));
        var known = (await connection.QueryAsync<(Guid Customer, string Serial)>(new CommandDefinition(
            "select customer_id, serial_number from person where customer_id = @CustomerId or (serial_number = @serial and closed_at is null)",
            new { row.CustomerId, serial = number.SemanticsIdentifier }, tx, cancellationToken: ct))).AsList();
        if (known.Any(k => k.Customer == row.CustomerId && k.Serial != number.SemanticsIdentifier))
            return await RecordAsync(tx, row, "Negative", Reasons.PersonMismatch, null, ct); // a profile never becomes another person's
        if (known.Any(k => k.Customer != row.CustomerId))
            return await RecordAsync(tx, row, "Negative", Reasons.DuplicatePerson, null, ct);
        string state = await RecordAsync(tx, row, "Positive", null, assertion, ct);
        if (state != "Positive")
            return state;
        await connection.ExecuteAsync(new CommandDefinition("""
            insert into person (customer_id, verification_id, serial_number, national_id, national_id_type, country,
                given_name, surname, given_name_latin, surname_latin, date_of_birth, document_number, method, verified_at)
            values (@CustomerId, @Id, @serial, @NationalId, @NationalIdType, @Country,
                @GivenName, @Surname, @GivenNameLatin, @SurnameLatin, @DateOfBirth, @DocumentNumber, @method, @now)
            on conflict (customer_id) do update set verification_id = excluded.verification_id,
                given_name = excluded.given_name, surname = excluded.surname, given_name_latin = excluded.given_name_latin,
                surname_latin = excluded.surname_latin, document_number = excluded.document_number, method = excluded.method, verified_at = excluded.verified_at
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
            method = verifier.Method,
            now = clock.GetUtcNow(),
        }, tx, cancellationToken: ct));
        await connection.ExecuteAsync(new CommandDefinition(
            "update customer set state = 'Identified' where id = @CustomerId and state = 'ContactVerified'", new { row.CustomerId }, tx, cancellationToken: ct));
        return state;
    }

    private async Task<string> RecordAsync(NpgsqlTransaction tx, Row row, string state, string? reason, string? assertion, CancellationToken ct)
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
        return decided == 1 ? state : row.State; // another replica was quicker, and its decision stands
    }

    private async Task<string> PostponeAsync(NpgsqlTransaction tx, Row row, CancellationToken ct)
    {
        await tx.Connection!.ExecuteAsync(new CommandDefinition(
            "update verification set next_check_at = @again where id = @id", new { id = row.Id, again = clock.GetUtcNow() + AskAgain }, tx, cancellationToken: ct));
        return row.State;
    }

    [LoggerMessage(1202, LogLevel.Information, "Verification {Verification} is {State}")]
    private static partial void Decided(ILogger logger, Guid verification, string state);
}
