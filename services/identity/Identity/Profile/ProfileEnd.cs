using Dapper;
using Npgsql;
using Pechat.Contracts.Events.Identity;
using Pechat.Identity.Devices;
using Pechat.Identity.History;
using Pechat.Persistence;

namespace Pechat.Identity.Profile;

/// <summary>
/// SM-1: a profile is closed for ever. All devices lose their authority first; certificates, requests and packages end with the event. If
/// it fails in between, the same call goes on.
/// </summary>
internal sealed class ProfileEnd(NpgsqlDataSource db, DeviceEnd devices, TimeProvider clock)
{
    /// <summary>Closes a profile that is active or locked; one that is closed stays so.</summary>
    internal async Task CloseAsync(Guid customer, string actor, string reason, CancellationToken ct)
    {
        await devices.RevokeAllAsync(customer, ct); // first where it matters
        DateTimeOffset now = clock.GetUtcNow();
        await db.InTransactionAsync(async tx =>
        {
            int closed = await tx.Connection!.ExecuteAsync(new CommandDefinition(
                "update customer set state = 'Closed', closed_at = @now where id = @customer and state in ('Active', 'Locked')", new { customer, now }, tx, cancellationToken: ct));
            if (closed == 0)
                return; // another request was quicker
            await tx.Connection!.ExecuteAsync(new CommandDefinition("update person set closed_at = @now where customer_id = @customer", new { customer, now }, tx, cancellationToken: ct));
            await ProfileLock.EndLoginsAsync(tx, customer, now, ct);
            await DeviceEnd.RecordAllAsync(tx, customer, actor, now, ct);
            await HistoryLog.AddAsync(tx, customer, "profile.closed", actor, new { reason }, now, ct);
            await Outbox.AddAsync(tx, Guid.CreateVersion7(), new CustomerClosed(customer, now), now, ct);
        }, ct);
    }
}
