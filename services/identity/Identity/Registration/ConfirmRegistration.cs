using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Identity.OAuth;
using Pechat.Persistence;

namespace Pechat.Identity.Registration;

/// <summary>
/// Confirms both contacts (SM-1 Draft → ContactVerified). Whoever holds both contacts of an existing customer gets that customer back:
/// the way to a new phone, which still demands re-identification before a device is bound.
/// </summary>
internal static class ConfirmRegistration
{
    internal static readonly TimeSpan EnrolmentLifetime = TimeSpan.FromHours(1);

    internal sealed record Request(string? EmailCode, string? PhoneCode);
    internal sealed record Response(Guid CustomerId, string AccessToken);

    private sealed record Row(
        Guid Id, string Email, string EmailKey, string Phone, string Language, byte[] EmailCode, byte[] PhoneCode, int Wrong, bool Locked, bool Expired, bool Confirmed);

    private sealed record Known(Guid Id, string EmailKey, string Phone);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/registrations/{id:guid}/confirm", Handle);

    internal static async Task<IResult> Handle(
        Guid id, Request request, NpgsqlDataSource db, OneTimeCodes codes, AccessTokenIssuer tokens, TimeProvider clock, CancellationToken ct)
    {
        DateTimeOffset now = clock.GetUtcNow();
        // A wrong entry must be counted, so the refusal is thrown after the transaction, which a throw would undo.
        (Guid? customer, FaultException? refusal) = await db.InTransactionAsync(async tx =>
        {
            Row row = await ReadAsync(tx, id, now, ct) ?? throw FaultException.NotFound("unknown_registration", "there is no such registration");
            if (row.Locked)
                throw FaultException.Exhausted("locked", "too many wrong codes were entered; try again in 15 minutes");
            if (row.Confirmed)
                throw FaultException.Conflict("illegal_state", "the registration was confirmed before");
            if (row.Expired)
                throw FaultException.Conflict("registration_expired", "the codes are no longer valid; start again");
            // Both are always compared, and which one was wrong is not told: two codes together are worth 10^12 guesses.
            bool right = codes.Matches(row.EmailCode, StartRegistration.Context(id, "email"), request.EmailCode ?? "")
                & codes.Matches(row.PhoneCode, StartRegistration.Context(id, "phone"), request.PhoneCode ?? "");
            return right ? (await AdmitAsync(tx, row, now, ct), null) : ((Guid?)null, await CountWrongAsync(tx, row, now, ct));
        }, ct);
        if (refusal is not null)
            throw refusal;
        string subject = customer!.Value.ToString();
        return Results.Ok(new Response(customer.Value, tokens.Issue(subject, "authenticator", Scopes.Enrolment, EnrolmentLifetime)));
    }

    private static Task<Row?> ReadAsync(NpgsqlTransaction tx, Guid id, DateTimeOffset now, CancellationToken ct) =>
        tx.Connection!.QuerySingleOrDefaultAsync<Row>(new CommandDefinition("""
            select id, email, email_key, phone, language, email_code, phone_code, wrong,
                   coalesce(locked_until > @now, false) as locked, expires_at <= @now as expired, confirmed_at is not null as confirmed
            from registration where id = @id for update
            """, new { id, now }, tx, cancellationToken: ct));

    private static async Task<FaultException> CountWrongAsync(NpgsqlTransaction tx, Row row, DateTimeOffset now, CancellationToken ct)
    {
        bool last = row.Wrong + 1 >= OneTimeCodes.MaxWrongEntries;
        await tx.Connection!.ExecuteAsync(new CommandDefinition(
            "update registration set wrong = wrong + 1, locked_until = @lockedUntil where id = @id",
            new { id = row.Id, lockedUntil = last ? now + OneTimeCodes.LockTime : (DateTimeOffset?)null }, tx, cancellationToken: ct));
        return last
            ? FaultException.Exhausted("locked", "too many wrong codes were entered; try again in 15 minutes")
            : FaultException.Unauthenticated("wrong_code", "a code is wrong");
    }

    private static async Task<Guid> AdmitAsync(NpgsqlTransaction tx, Row row, DateTimeOffset now, CancellationToken ct)
    {
        NpgsqlConnection connection = tx.Connection!;
        foreach (string contact in new[] { row.EmailKey, row.Phone }.Order(StringComparer.Ordinal))
            await connection.ExecuteAsync(new CommandDefinition("select pg_advisory_xact_lock(hashtextextended(@contact, 1))", new { contact }, tx, cancellationToken: ct));
        var known = (await connection.QueryAsync<Known>(new CommandDefinition(
            "select id, email_key, phone from customer where (email_key = @EmailKey or phone = @Phone) and state <> 'Closed'", row, tx, cancellationToken: ct))).AsList();
        // Both codes were right, so the asker owns both contacts and may learn this.
        if (known.Any(k => k.EmailKey != row.EmailKey || k.Phone != row.Phone))
            throw FaultException.Conflict("contact_in_use", "the e-mail address or the telephone belongs to another profile");
        Guid customer = known.Count == 1 ? known[0].Id : Guid.NewGuid();
        if (known.Count == 0)
        {
            await connection.ExecuteAsync(new CommandDefinition("""
                insert into customer (id, state, language, email, email_key, phone, created_at)
                values (@customer, 'ContactVerified', @Language, @Email, @EmailKey, @Phone, @now)
                """, new { customer, row.Language, row.Email, row.EmailKey, row.Phone, now }, tx, cancellationToken: ct));
        }
        await connection.ExecuteAsync(new CommandDefinition(
            "update registration set confirmed_at = @now, customer_id = @customer where id = @id", new { now, customer, id = row.Id }, tx, cancellationToken: ct));
        return customer;
    }
}
