using System.Security.Claims;
using Dapper;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Billing.V1;
using Pechat.Contracts.Events.Signing;
using Pechat.Hosting;
using Pechat.Persistence;
using Pechat.Signing.Credentials;
using Pechat.Signing.Transactions;

namespace Pechat.Signing.Requests;

/// <summary>
/// The signer confirms on the phone: units are reserved, then the activation module verifies the activation. Calling again answers the
/// same state. A crash at any step leaves a lease that lapses; the phone then confirms again.
/// </summary>
internal static class ConfirmRequest
{
    internal const int MaxBodyBytes = 512 * 1024;
    private const int MaxActivationLength = 256 * 1024; // 1000 SHA-512 digests in a JWS stay below
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    internal sealed record Request(string Activation);
    internal sealed record Response(string State);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/requests/{id:guid}/confirm", Handle);

    internal static async Task<Ok<Response>> Handle(
        Guid id, Request request, ClaimsPrincipal user, NpgsqlDataSource db, IUnitLedger ledger, IActivationModule activation,
        TransactionSignal signal, SigningOptions options, TimeProvider clock, CancellationToken ct)
    {
        if (request.Activation.Length is 0 or > MaxActivationLength)
            throw FaultException.Invalid("invalid_activation", "the activation must be a compact JWS");
        // Step 1: one worker at a time; whoever comes later is told how far it got.
        Guid customer = user.CustomerId();
        if (await LeaseAsync(db, id, customer, clock, ct) is not { } transaction)
            return TypedResults.Ok(new Response(await StateAsync(db, id, customer, ct)));
        DateTimeOffset sadExpiresAt;
        try
        {
            // Step 2: units first, so that nothing activated is ever without them. Idempotent by the transaction's id. They stay reserved
            // while the signer may try again: a reservation that was given back could not be taken a second time, and when no answer
            // came from step 3 it is not known whether the activation was accepted. The end of the transaction gives them back.
            await ledger.ReserveAsync(Reservation(transaction, options), ct);
            // Step 3: only the activation module can judge the activation.
            sadExpiresAt = await ActivateAsync(activation, id, request.Activation, options, clock, ct);
        }
        catch (FaultException fault)
        {
            await FreeAsync(db, id); // the signer may try again until the request expires
            if (fault.Code == "device_locked" && user.DeviceId() is { } device)
                await TellLockedAsync(db, customer, device, clock.GetUtcNow());
            throw;
        }
        // Step 4: from here on authorizeCheck answers the SAD. If this is not reached, a repeated confirmation comes here again.
        await using (NpgsqlConnection connection = await db.OpenConnectionAsync(CancellationToken.None))
        {
            await connection.ExecuteAsync("""
                update signing_transaction set state = 'active', sad_expires_at = @sadExpiresAt, lease_until = null
                where id = @id and state in ('pending', 'confirming')
                """, new { id, sadExpiresAt = sadExpiresAt.UtcDateTime });
        }
        signal.Changed(id, transaction.Purpose == "documents");
        return TypedResults.Ok(new Response("active"));
    }

    private static async Task<DateTimeOffset> ActivateAsync(
        IActivationModule module, Guid id, string activation, SigningOptions options, TimeProvider clock, CancellationToken ct)
    {
        try
        {
            return await module.ActivateAsync(id, activation, ct);
        }
        catch (FaultException fault) when (fault.Code == "challenge_used")
        {
            // The module uses a challenge up only when it accepts an activation: an earlier confirmation got this far and crashed.
            return clock.GetUtcNow() + options.SadLifetime;
        }
    }

    private static ReserveRequest Reservation(SigningTransaction transaction, SigningOptions options) => new()
    {
        ReservationId = transaction.Id.ToString("D"),
        PayerCustomerId = transaction.Payer == "customer" ? transaction.CustomerId.ToString("D") : "",
        PayerClientId = transaction.Payer == "client" ? transaction.ClientId : "",
        Units = transaction.Digests.Length,
        // Longer than anything can still be signed; normally an event captures or releases before.
        ExpiresAt = Timestamp.FromDateTime(transaction.ExpiresAt + options.SadLifetime + TimeSpan.FromHours(1)),
    };

    private static async Task<SigningTransaction?> LeaseAsync(NpgsqlDataSource db, Guid id, Guid customer, TimeProvider clock, CancellationToken ct)
    {
        DateTime now = clock.GetUtcNow().UtcDateTime;
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        (SigningTransaction? transaction, Credential? credential) = (await connection.QueryAsync<SigningTransaction, Credential, (SigningTransaction?, Credential?)>(
            new CommandDefinition($"""
                with t as (
                    update signing_transaction set state = 'confirming', lease_until = @until
                    where id = @id and customer_id = @customer and expires_at > @now
                        and (state = 'pending' or (state = 'confirming' and lease_until < @now))
                    returning *)
                select {SigningTransaction.Columns}, {Credential.Columns}
                from t join credential c on c.id = t.credential_id left join certificate_state s on s.serial = c.serial
                """, new { id, customer, now, until = now + Lease }, cancellationToken: ct),
            (transaction, credential) => (transaction, credential), splitOn: "id")).SingleOrDefault();
        if (credential is null || credential.IsEnabled(clock.GetUtcNow()))
            return transaction;
        await FreeAsync(db, id);
        throw FaultException.Conflict("credential_disabled", $"the certificate is {credential.Status(clock.GetUtcNow())}; the request stays open until it expires");
    }

    private static async Task<string> StateAsync(NpgsqlDataSource db, Guid id, Guid customer, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        string? state = await connection.QuerySingleOrDefaultAsync<string>(new CommandDefinition(
            "select state from signing_transaction where id = @id and customer_id = @customer", new { id, customer }, cancellationToken: ct));
        return state switch
        {
            null => throw FaultException.NotFound("unknown_request", "there is no such request"),
            "active" or "signing" or "completed" => state, // confirmed before: the same answer
            "confirming" => throw FaultException.Conflict("confirmation_running", "the request is being confirmed; try again in a moment"),
            "rejected" => throw FaultException.Conflict("request_declined", "the request was declined"),
            _ => throw FaultException.Conflict("request_expired", "the request can no longer be confirmed"),
        };
    }

    /// <summary>Identity hears of the lock from here, because the activation module speaks to nobody of its own accord.</summary>
    private static Task TellLockedAsync(NpgsqlDataSource db, Guid customer, Guid device, DateTimeOffset now) => db.InTransactionAsync(
        tx => Outbox.AddAsync(tx, Guid.CreateVersion7(), new WrongPinsEntered(customer, device, now), now, CancellationToken.None), CancellationToken.None);

    private static async Task FreeAsync(NpgsqlDataSource db, Guid id)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(CancellationToken.None);
        await connection.ExecuteAsync(
            "update signing_transaction set state = 'pending', lease_until = null where id = @id and state = 'confirming'", new { id });
    }
}
