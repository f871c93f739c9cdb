using Dapper;
using Grpc.Core;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Billing.V1;
using Pechat.Hosting;
using Pechat.Persistence;

namespace Pechat.Billing.Units;

internal sealed partial class UnitLedgerService
{
    private const int MaxUnits = 1000;

    /// <summary>Takes units of the payer before a signature is activated; idempotent per reservation.</summary>
    [Callers("signing")]
    public override Task<ReserveReply> Reserve(ReserveRequest request, ServerCallContext context)
    {
        CancellationToken ct = context.CancellationToken;
        Guid reservation = IdOf(request.ReservationId, "reservation_id");
        if (request.Units is < 1 or > MaxUnits)
            throw FaultException.Invalid("invalid_request", $"units must lie between 1 and {MaxUnits}");
        if (string.IsNullOrEmpty(request.PayerCustomerId) == string.IsNullOrEmpty(request.PayerClientId))
            throw FaultException.Invalid("invalid_request", "exactly one payer must be given");
        DateTimeOffset now = clock.GetUtcNow();
        DateTimeOffset expires = request.ExpiresAt?.ToDateTimeOffset() ?? now.AddMinutes(10);
        if (expires <= now)
            throw FaultException.Invalid("invalid_request", "expires_at must lie in the future");
        Guid? customer = request.PayerCustomerId.Length > 0 ? IdOf(request.PayerCustomerId, "payer_customer_id") : null;
        string? client = customer is null ? request.PayerClientId : null;
        return db.InTransactionAsync(async tx =>
        {
            // Step 1: one at a time per payer, so that two confirmations of the last unit give exactly one success.
            await Ledger.LockAsync(tx, $"payer {customer?.ToString() ?? client}", ct);
            // Step 2: a repeated call finds what the first one did.
            var wanted = new Reservation(reservation, customer, client, request.Units, GivenBack: false);
            if (await FindAsync(tx, reservation, ct) is { } found)
            {
                if (found with { GivenBack = false } != wanted)
                    throw FaultException.Conflict("reservation_mismatch", "the reservation exists with other values");
                // What was given back is not taken again: its transaction has ended, and nothing may be activated for it any more.
                return found.GivenBack ? throw FaultException.Conflict("reservation_ended", "the reservation was released or has lapsed") : await ReplyAsync(tx, wanted, now, ct);
            }
            // Step 3: take the units, or refuse.
            if (customer is null)
                await ThrowIfClientMayNotPayAsync(tx, wanted, now, ct);
            IReadOnlyList<Share> shares = customer is { } id ? await PlanAsync(tx, id, request.Units, now, ct) : [new(null, request.Units)];
            await tx.Connection!.ExecuteAsync(new CommandDefinition("""
                insert into reservation (reservation_id, customer_id, client_id, units, reserved_at, expires_at)
                values (@reservation, @customer, @client, @Units, @now, @expires);
                insert into open_reservation (reservation_id, expires_at) values (@reservation, @expires);
                """,
                new { reservation, customer, client, request.Units, now, expires }, tx, cancellationToken: ct));
            foreach (Share share in shares)
                await Ledger.AddAsync(tx, "reserve", share.EntitlementId, reservation, share.Units, now, ct);
            return await ReplyAsync(tx, wanted, now, ct);
        }, ct);
    }

    private static Task<Reservation?> FindAsync(NpgsqlTransaction tx, Guid reservation, CancellationToken ct) =>
        tx.Connection!.QuerySingleOrDefaultAsync<Reservation>(new CommandDefinition("""
            select reservation_id, customer_id, client_id, units,
                   exists (select 1 from ledger_entry l where l.reservation_id = r.reservation_id and l.kind = 'release') as given_back
            from reservation r
            where reservation_id = @reservation
            """, new { reservation }, tx, cancellationToken: ct));

    private static async Task<IReadOnlyList<Share>> PlanAsync(NpgsqlTransaction tx, Guid customer, int units, DateTimeOffset now, CancellationToken ct) =>
        Allocation.Plan(await Ledger.BalancesAsync(tx.Connection!, tx, customer, now, ct), units)
        ?? throw FaultException.Exhausted("no_units", "the customer has too few units; a package can be bought");

    // A relying party pays by contract: nothing is taken from an entitlement, the entry is its meter.
    private static async Task ThrowIfClientMayNotPayAsync(NpgsqlTransaction tx, Reservation wanted, DateTimeOffset now, CancellationToken ct)
    {
        var contract = await tx.Connection!.QuerySingleOrDefaultAsync<Contract>(new CommandDefinition(
            "select may_pay, monthly_limit from client_contract where client_id = @ClientId", wanted, tx, cancellationToken: ct));
        if (contract is not { MayPay: true })
            throw FaultException.Forbidden("payer_refused", "the contract of the relying party does not let it pay");
        if (contract.MonthlyLimit is not { } limit)
            return;
        int used = await tx.Connection!.ExecuteScalarAsync<int>(new CommandDefinition("""
            select coalesce(sum(case l.kind when 'reserve' then l.units when 'release' then -l.units else 0 end), 0)::integer
            from reservation r
            join ledger_entry l on l.reservation_id = r.reservation_id
            where r.client_id = @ClientId and r.reserved_at >= date_trunc('month', @now at time zone 'Europe/Sofia') at time zone 'Europe/Sofia'
            """,
            new { wanted.ClientId, now }, tx, cancellationToken: ct));
        if (used + wanted.Units > limit)
            throw FaultException.Exhausted("no_units", "the monthly limit of the relying party is reached");
    }

    private static async Task<ReserveReply> ReplyAsync(NpgsqlTransaction tx, Reservation reservation, DateTimeOffset now, CancellationToken ct)
    {
        if (reservation.CustomerId is not { } customer)
            return new ReserveReply();
        var balances = await Ledger.BalancesAsync(tx.Connection!, tx, customer, now, ct);
        bool unlimited = balances.Any(b => b.Left is null);
        return new ReserveReply { Unlimited = unlimited, Remaining = unlimited ? 0 : balances.Sum(b => b.Left ?? 0) };
    }

    private sealed record Reservation(Guid ReservationId, Guid? CustomerId, string? ClientId, int Units, bool GivenBack);

    private sealed record Contract(bool MayPay, int? MonthlyLimit);
}
