using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Events.Identity;
using Pechat.Identity.History;
using Pechat.Identity.OAuth;
using Pechat.Persistence;

namespace Pechat.Identity.Devices;

/// <summary>
/// The end of a device (SM-2: Detached, Replaced; R-124). First in the SAM, where authority lives, then here, together with the
/// revocation by which every service refuses the device's tokens within a second.
/// </summary>
internal sealed class DeviceEnd(NpgsqlDataSource db, ISignatureActivation sam)
{
    private static readonly TimeSpan LongestToken = TimeSpan.FromHours(1); // the upper bound of Identity:DeviceTokenLifetime

    /// <summary>Ends a device's authority in the SAM; asked again it changes nothing.</summary>
    internal async Task RevokeAsync(Guid customer, Guid device, CancellationToken ct)
    {
        try
        {
            await sam.DetachAsync(customer, device, ct);
        }
        catch (FaultException fault) when (fault.Kind == FaultKind.NotFound)
        {
            // It never got as far as being enrolled, so there is nothing to end there.
        }
    }

    /// <summary>The same for all devices of a customer, those half bound included.</summary>
    internal async Task RevokeAllAsync(Guid customer, CancellationToken ct)
    {
        Guid[] ids;
        await using (NpgsqlConnection connection = await db.OpenConnectionAsync(ct))
        {
            ids = [.. await connection.QueryAsync<Guid>(new CommandDefinition(
                "select id from device where customer_id = @customer and state in ('PendingBinding', 'Active', 'PinLocked')", new { customer }, cancellationToken: ct))];
        }
        foreach (Guid id in ids)
            await RevokeAsync(customer, id, ct);
    }

    /// <summary>Records the end of one device, with history and event.</summary>
    /// <param name="tx">The transaction.</param>
    /// <param name="customer">The owner.</param>
    /// <param name="device">The device.</param>
    /// <param name="state"><c>Detached</c> or <c>Replaced</c>.</param>
    /// <param name="actor">For the record.</param>
    /// <param name="reason">For the record.</param>
    /// <param name="now">The current time.</param>
    /// <param name="ct">Ends the commands.</param>
    /// <param name="by">The device that takes its place.</param>
    internal static async Task RecordAsync(
        NpgsqlTransaction tx, Guid customer, Guid device, string state, string actor, string reason, DateTimeOffset now, CancellationToken ct, Guid? by = null)
    {
        string? name = await tx.Connection!.QuerySingleOrDefaultAsync<string>(new CommandDefinition("""
            update device set state = @state, detached_at = @now, replaced_by = @by where id = @device and customer_id = @customer and state in ('PendingBinding', 'Active', 'PinLocked') returning name
            """, new { device, customer, state, now, by }, tx, cancellationToken: ct));
        if (name is null)
            return; // ended before
        await OwnRevocations.AddAsync(tx, device, now + LongestToken, now, ct);
        await HistoryLog.AddAsync(tx, customer, "device." + state.ToLowerInvariant(), actor, new { device, name, reason }, now, ct);
        await Outbox.AddAsync(tx, Guid.CreateVersion7(), new DeviceDetached(customer, device, name, now), now, ct);
    }

    /// <summary>Ends a binding that was declined or not completed; in the SAM as well, should it have come so far there.</summary>
    internal async Task ExpireAsync(Guid customer, Guid device, string actor, string reason, DateTimeOffset now, CancellationToken ct)
    {
        bool pending;
        await using (NpgsqlConnection connection = await db.OpenConnectionAsync(ct))
        {
            pending = await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
                "select exists (select 1 from device where id = @device and customer_id = @customer and state = 'PendingBinding')", new { device, customer }, cancellationToken: ct));
        }
        if (!pending)
            return;
        await RevokeAsync(customer, device, ct);
        await db.InTransactionAsync(async tx =>
        {
            string? name = await tx.Connection!.QuerySingleOrDefaultAsync<string>(new CommandDefinition(
                "update device set state = 'Expired', detached_at = @now where id = @device and state = 'PendingBinding' returning name", new { device, now }, tx, cancellationToken: ct));
            if (name is not null)
                await HistoryLog.AddAsync(tx, customer, "device.expired", actor, new { device, name, reason }, now, ct);
        }, ct);
    }

    /// <summary>Records the end of all devices of a customer.</summary>
    internal static async Task RecordAllAsync(NpgsqlTransaction tx, Guid customer, string actor, DateTimeOffset now, CancellationToken ct)
    {
        var ids = await tx.Connection!.QueryAsync<Guid>(new CommandDefinition(
            "select id from device where customer_id = @customer and state in ('PendingBinding', 'Active', 'PinLocked') for update", new { customer }, tx, cancellationToken: ct));
        foreach (Guid id in ids)
            await RecordAsync(tx, customer, id, "Detached", actor, "profile closed", now, ct);
    }
}
