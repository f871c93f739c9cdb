using Dapper;
using Npgsql;
using Pechat.Contracts.Events.Identity;
using Pechat.Identity.History;
using Pechat.Persistence;

namespace Pechat.Identity.Profile;

/// <summary>SM-1: Identified → Active as soon as a device is bound and the terms in force are accepted, whichever comes last.</summary>
internal sealed class ProfileActivation(IdentityOptions options)
{
    /// <summary>Activates the profile if nothing is missing.</summary>
    /// <returns>Whether it became active now.</returns>
    internal async Task<bool> TryAsync(NpgsqlTransaction tx, Guid customer, DateTimeOffset now, CancellationToken ct)
    {
        // The row is the lock: of two transactions that bring the last two things, the later one sees both.
        await tx.Connection!.ExecuteAsync(new CommandDefinition("select 1 from customer where id = @customer for update", new { customer }, tx, cancellationToken: ct));
        int activated = await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            update customer set state = 'Active', activated_at = @now
            where id = @customer and state = 'Identified'
              and exists (select 1 from device where customer_id = @customer and state = 'Active')
              and (not @RequireTerms or exists (select 1 from terms_acceptance where customer_id = @customer and version = @version))
            """, new { customer, now, options.RequireTerms, version = Terms.CurrentVersion }, tx, cancellationToken: ct));
        if (activated == 0)
            return false;
        await HistoryLog.AddAsync(tx, customer, "profile.activated", HistoryLog.System, new { }, now, ct);
        await Outbox.AddAsync(tx, Guid.CreateVersion7(), new CustomerActivated(customer, now), now, ct);
        return true;
    }
}
