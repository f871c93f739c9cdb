using Dapper;
using MassTransit;
using Npgsql;
using Pechat.Contracts.Events.Identity;
using Pechat.Contracts.Events.Signing;
using Pechat.Identity.History;
using Pechat.Persistence;

namespace Pechat.Identity.Devices;

/// <summary>
/// Follows the SAM's lock of a device after five wrong PINs (SM-2: Active → PinLocked, R-120): the device gets no more tokens until its PIN
/// is reset with a fresh identification.
/// </summary>
internal sealed class PinLock(NpgsqlDataSource db, TimeProvider clock) : IConsumer<WrongPinsEntered>
{
    public Task Consume(ConsumeContext<WrongPinsEntered> context) => db.InTransactionAsync(async tx =>
    {
        CancellationToken ct = context.CancellationToken;
        if (await Inbox.TryAcceptAsync(tx, context.MessageId!.Value, nameof(PinLock), ct))
            await RecordAsync(tx, context.Message.CustomerId, context.Message.DeviceId, context.Message.At, clock.GetUtcNow(), ct);
    }, context.CancellationToken);

    /// <summary>Records the lock, once; a lock from before the PIN was set last is over.</summary>
    internal static async Task RecordAsync(NpgsqlTransaction tx, Guid customer, Guid device, DateTimeOffset at, DateTimeOffset now, CancellationToken ct)
    {
        string? name = await tx.Connection!.QuerySingleOrDefaultAsync<string>(new CommandDefinition(
            """
            update device set state = 'PinLocked'
            where id = @device and customer_id = @customer and state = 'Active' and coalesce(pin_set_at, '-infinity') < @at
            returning name
            """, new { device, customer, at }, tx, cancellationToken: ct));
        if (name is null)
            return;
        await HistoryLog.AddAsync(tx, customer, "device.pin-locked", HistoryLog.System, new { device, name }, now, ct);
        await Outbox.AddAsync(tx, Guid.CreateVersion7(), new DevicePinLocked(customer, device, name, now), now, ct);
    }
}
