using Dapper;
using Npgsql;
using Pechat.Contracts.Events.Identity;
using Pechat.Identity.History;
using Pechat.Identity.OAuth;
using Pechat.Persistence;

namespace Pechat.Identity.Profile;

/// <summary>SM-1: a locked profile can do nothing but be identified again. Logins under way end with it.</summary>
internal sealed class ProfileLock(IdentityOptions options)
{
    /// <summary>Locked by the customer: a fresh identification opens it.</summary>
    internal const string ByCustomer = "customer";

    /// <summary>Locked by staff: staff opens it, after a fresh identification.</summary>
    internal const string ByOffice = "office";

    /// <summary>Locks the profile; a lock by staff replaces one by the customer, not the other way round.</summary>
    /// <returns>Whether anything changed.</returns>
    internal async Task<bool> LockAsync(
        NpgsqlTransaction tx, Guid customer, string by, string reason, string actor, DateTimeOffset now, CancellationToken ct)
    {
        int locked = await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            update customer set state = 'Locked', locked_at = @now, locked_by = @by, lock_reason = @reason
            where id = @customer and (state in ('Identified', 'Active') or (state = 'Locked' and locked_by = 'customer' and @by = 'office'))
            """, new { customer, by, reason, now }, tx, cancellationToken: ct));
        if (locked == 0)
            return false;
        await EndLoginsAsync(tx, customer, now, ct);
        await RevokeDeviceTokensAsync(tx, customer, now, ct);
        await HistoryLog.AddAsync(tx, customer, "profile.locked", actor, new { by, reason }, now, ct);
        await Outbox.AddAsync(tx, Guid.CreateVersion7(), new CustomerLocked(customer, by, now), now, ct);
        return true;
    }

    /// <summary>Ends sessions, logins that wait, and codes that no client has exchanged yet.</summary>
    internal static async Task EndLoginsAsync(NpgsqlTransaction tx, Guid customer, DateTimeOffset now, CancellationToken ct)
    {
        await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            update login set state = 'Cancelled', decided_at = @now where customer_id = @customer and state in ('Pending', 'Confirmed');
            update authorization_code set used_at = @now where customer_id = @customer and used_at is null;
            """, new { customer, now }, tx, cancellationToken: ct));
        await ClientSessions.RevokeAllAsync(tx, customer, now, ct);
    }

    /// <summary>Opens the profile again.</summary>
    /// <param name="tx">The transaction.</param>
    /// <param name="customer">Whose profile.</param>
    /// <param name="by">Whose lock may be opened.</param>
    /// <param name="actor">For the record.</param>
    /// <param name="detail">For the record.</param>
    /// <param name="now">The current time.</param>
    /// <param name="ct">Ends the commands.</param>
    /// <returns>Whether it was locked so.</returns>
    internal static async Task<bool> UnlockAsync(
        NpgsqlTransaction tx, Guid customer, string by, string actor, object detail, DateTimeOffset now, CancellationToken ct)
    {
        // A profile that had not been active before it was locked goes back to where it was.
        string? state = await tx.Connection!.QuerySingleOrDefaultAsync<string>(new CommandDefinition("""
            update customer set state = case when activated_at is null then 'Identified' else 'Active' end, locked_at = null, locked_by = null, lock_reason = null
            where id = @customer and state = 'Locked' and locked_by = @by returning state
            """, new { customer, by }, tx, cancellationToken: ct));
        if (state is null)
            return false;
        await HistoryLog.AddAsync(tx, customer, "profile.unlocked", actor, detail, now, ct);
        await Outbox.AddAsync(tx, Guid.CreateVersion7(), new CustomerUnlocked(customer, now), now, ct);
        return true;
    }

    /// <summary>Tokens that the phones hold end everywhere; the phones themselves stay bound and count again once the profile is open.</summary>
    private async Task RevokeDeviceTokensAsync(NpgsqlTransaction tx, Guid customer, DateTimeOffset now, CancellationToken ct)
    {
        var devices = await tx.Connection!.QueryAsync<Guid>(new CommandDefinition(
            "select id from device where customer_id = @customer and state = 'Active'", new { customer }, tx, cancellationToken: ct));
        foreach (Guid device in devices)
            await OwnRevocations.AddAsync(tx, device, now + options.DeviceTokenLifetime, now, ct);
    }
}
