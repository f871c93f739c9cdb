using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Events.Identity;
using Pechat.Hosting;
using Pechat.Identity.Devices;
using Pechat.Identity.History;
using Pechat.Identity.OAuth;
using Pechat.Identity.Registration;
using Pechat.Persistence;

namespace Pechat.Identity.Profile;

/// <summary>Confirms a changed e-mail address or telephone by its code; the old and the new one are told.</summary>
internal static class ConfirmContactChange
{
    internal sealed record Request(string? Code);

    private sealed record Row(Guid Id, Guid CustomerId, string Channel, string OldValue, string NewValue, string NewKey, byte[] Code, int Wrong, bool Locked, bool Expired, bool Confirmed);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/me/contacts/{id:guid}/confirm", Handle).RequireAccess(Scopes.Device);

    internal static async Task<IResult> Handle(
        Guid id, Request request, ClaimsPrincipal user, NpgsqlDataSource db, OneTimeCodes codes, TimeProvider clock, CancellationToken ct)
    {
        await ActiveDevice.OfAsync(db, user, ct);
        DateTimeOffset now = clock.GetUtcNow();
        // A wrong entry must be counted, so the refusal is thrown after the transaction, which a throw would undo.
        FaultException? refusal = await db.InTransactionAsync(async tx =>
        {
            Row row = await ReadAsync(tx, id, user.CustomerId(), now, ct) ?? throw FaultException.NotFound("unknown_change", "there is no such change");
            if (row.Locked)
                throw FaultException.Exhausted("locked", "too many wrong codes were entered; try again in 15 minutes");
            if (row.Confirmed)
                throw FaultException.Conflict("illegal_state", "the change was confirmed before");
            if (row.Expired)
                throw FaultException.Conflict("change_expired", "the code is no longer valid; start again");
            if (!codes.Matches(row.Code, StartContactChange.Context(id), request.Code ?? ""))
                return await CountWrongAsync(tx, row, now, ct);
            await ApplyAsync(tx, row, HistoryLog.ActorOf(user), now, ct);
            return null;
        }, ct);
        return refusal is null ? Results.NoContent() : throw refusal;
    }

    private static Task<Row?> ReadAsync(NpgsqlTransaction tx, Guid id, Guid customer, DateTimeOffset now, CancellationToken ct) =>
        tx.Connection!.QuerySingleOrDefaultAsync<Row>(new CommandDefinition("""
            select id, customer_id, channel, old_value, new_value, new_key, code, wrong,
                   coalesce(locked_until > @now, false) as locked, expires_at <= @now as expired, confirmed_at is not null as confirmed
            from contact_change where id = @id and customer_id = @customer for update
            """, new { id, customer, now }, tx, cancellationToken: ct));

    private static async Task<FaultException> CountWrongAsync(NpgsqlTransaction tx, Row row, DateTimeOffset now, CancellationToken ct)
    {
        bool last = row.Wrong + 1 >= OneTimeCodes.MaxWrongEntries;
        await tx.Connection!.ExecuteAsync(new CommandDefinition("update contact_change set wrong = wrong + 1, locked_until = @lockedUntil where id = @Id",
            new { row.Id, lockedUntil = last ? now + OneTimeCodes.LockTime : (DateTimeOffset?)null }, tx, cancellationToken: ct));
        return last
            ? FaultException.Exhausted("locked", "too many wrong codes were entered; try again in 15 minutes")
            : FaultException.Unauthenticated("wrong_code", "the code is wrong");
    }

    private static async Task ApplyAsync(NpgsqlTransaction tx, Row row, string actor, DateTimeOffset now, CancellationToken ct)
    {
        NpgsqlConnection connection = tx.Connection!;
        await connection.ExecuteAsync(new CommandDefinition("select pg_advisory_xact_lock(hashtextextended(@NewKey, 1))", row, tx, cancellationToken: ct));
        bool taken = await connection.ExecuteScalarAsync<bool>(new CommandDefinition("""
            select exists (select 1 from customer where (email_key = @NewKey or phone = @NewKey) and state <> 'Closed' and id <> @CustomerId)
            """, row, tx, cancellationToken: ct));
        if (taken) // the asker holds it, so may learn this
            throw FaultException.Conflict("contact_in_use", "another profile has this contact");
        int changed = await connection.ExecuteAsync(new CommandDefinition(row.Channel == "email"
            ? "update customer set email = @NewValue, email_key = @NewKey where id = @CustomerId and state = 'Active'"
            : "update customer set phone = @NewValue where id = @CustomerId and state = 'Active'", row, tx, cancellationToken: ct));
        if (changed == 0)
            throw FaultException.Conflict("illegal_state", "the profile is not active");
        await connection.ExecuteAsync(new CommandDefinition("update contact_change set confirmed_at = @now where id = @Id", new { row.Id, now }, tx, cancellationToken: ct));
        await HistoryLog.AddAsync(tx, row.CustomerId, "contact.changed", actor,
            new { row.Channel, from = ContactMask.Of(row.OldValue), to = ContactMask.Of(row.NewValue) }, now, ct);
        await Outbox.AddAsync(tx, Guid.CreateVersion7(), new ContactChanged(row.CustomerId, row.Id, row.Channel, now), now, ct);
    }
}
