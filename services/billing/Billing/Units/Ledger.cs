using Dapper;
using Npgsql;

namespace Pechat.Billing.Units;

/// <summary>Reads and writes the ledger inside the caller's transaction. Entries are only ever added.</summary>
internal static class Ledger
{
    /// <summary>Lets one transaction at a time move units of a payer or of a reservation.</summary>
    internal static Task LockAsync(NpgsqlTransaction tx, string what, CancellationToken ct) => tx.Connection!.ExecuteAsync(
        new CommandDefinition("select pg_advisory_xact_lock(hashtextextended(@what, 0))", new { what }, tx, cancellationToken: ct));

    /// <summary>What a customer has at an instant.</summary>
    internal static async Task<IReadOnlyList<Balance>> BalancesAsync(NpgsqlConnection connection, NpgsqlTransaction? tx, Guid customer, DateTimeOffset now, CancellationToken ct) =>
        (await connection.QueryAsync<Balance>(new CommandDefinition("""
            select e.entitlement_id, e.package, e.valid_until,
                   (e.units - coalesce(sum(case l.kind when 'reserve' then l.units when 'release' then -l.units else 0 end), 0))::integer as left
            from entitlement e
            left join ledger_entry l on l.entitlement_id = e.entitlement_id
            where e.customer_id = @customer and e.valid_from <= @now and e.valid_until > @now
            group by e.entitlement_id
            order by e.valid_until
            """,
            new { customer, now }, tx, cancellationToken: ct))).AsList();

    /// <summary>Adds one entry.</summary>
    internal static Task AddAsync(NpgsqlTransaction tx, string kind, Guid? entitlement, Guid? reservation, int units, DateTimeOffset now, CancellationToken ct) =>
        tx.Connection!.ExecuteAsync(new CommandDefinition("""
            insert into ledger_entry (kind, entitlement_id, reservation_id, units, at)
            values (@kind, @entitlement, @reservation, @units, @now)
            """,
            new { kind, entitlement, reservation, units, now }, tx, cancellationToken: ct));

    /// <summary>Grants units; a second grant of the same free year does nothing.</summary>
    /// <returns>Whether anything was granted.</returns>
    internal static async Task<bool> GrantAsync(NpgsqlTransaction tx, Grant grant, DateTimeOffset now, CancellationToken ct)
    {
        int added = await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            insert into entitlement (entitlement_id, customer_id, package, period, units, valid_from, valid_until)
            values (@EntitlementId, @CustomerId, @Package, @Period, @Units, @ValidFrom, @ValidUntil)
            on conflict do nothing
            """, grant, tx, cancellationToken: ct));
        if (added == 1)
            await AddAsync(tx, "grant", grant.EntitlementId, null, grant.Units ?? 0, now, ct);
        return added == 1;
    }

    /// <summary>Makes up to <paramref name="units"/> reserved units final, or gives them back.</summary>
    /// <param name="tx">The transaction; the reservation is locked in it.</param>
    /// <param name="reservation">Which reservation.</param>
    /// <param name="kind"><c>capture</c> or <c>release</c>.</param>
    /// <param name="units">How many; null for all that are still open.</param>
    /// <param name="now">When.</param>
    /// <param name="ct">Ends the commands.</param>
    /// <returns>How many were settled.</returns>
    internal static async Task<int> SettleAsync(NpgsqlTransaction tx, Guid reservation, string kind, int? units, DateTimeOffset now, CancellationToken ct)
    {
        await LockAsync(tx, $"reservation {reservation}", ct);
        var open = await tx.Connection!.QueryAsync<Open>(new CommandDefinition("""
            select entitlement_id, sum(case kind when 'reserve' then units else -units end)::integer as units
            from ledger_entry
            where reservation_id = @reservation
            group by entitlement_id
            having sum(case kind when 'reserve' then units else -units end) > 0
            order by min(entry_id)
            """,
            new { reservation }, tx, cancellationToken: ct));
        int settled = 0;
        bool rest = false;
        foreach (Open share in open)
        {
            int part = Math.Min(share.Units, (units ?? int.MaxValue) - settled);
            if (part > 0)
                await AddAsync(tx, kind, share.EntitlementId, reservation, part, now, ct);
            settled += part;
            rest |= part < share.Units;
        }
        if (!rest)
            await tx.Connection!.ExecuteAsync(new CommandDefinition(
                "delete from open_reservation where reservation_id = @reservation", new { reservation }, tx, cancellationToken: ct));
        return settled;
    }

    private sealed record Open(Guid? EntitlementId, int Units);
}

/// <summary>Units to grant; <c>Units</c> is null when unlimited, <c>Period</c> when bought.</summary>
internal sealed record Grant(Guid EntitlementId, Guid CustomerId, string Package, int? Period, int? Units, DateTimeOffset ValidFrom, DateTimeOffset ValidUntil);
