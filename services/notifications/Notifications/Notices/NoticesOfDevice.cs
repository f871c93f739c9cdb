using MassTransit;
using Npgsql;
using Pechat.Contracts.Events.Identity;

namespace Pechat.Notifications.Notices;

/// <summary>Tells the customer when a device was detached or locked, and when its PIN was changed .</summary>
internal sealed class NoticesOfDevice(NpgsqlDataSource db, TimeProvider clock) : IConsumer<DeviceDetached>, IConsumer<DevicePinLocked>, IConsumer<PinChanged>
{
    public Task Consume(ConsumeContext<DeviceDetached> context) =>
        KeepAsync(context, context.Message.CustomerId, "device-detached", context.Message.DeviceName, context.Message.At);

    public Task Consume(ConsumeContext<DevicePinLocked> context) =>
        KeepAsync(context, context.Message.CustomerId, "device-pin-locked", context.Message.DeviceName, context.Message.At);

    public Task Consume(ConsumeContext<PinChanged> context) =>
        KeepAsync(context, context.Message.CustomerId, "pin-changed", context.Message.DeviceName, context.Message.At);

    private Task KeepAsync(ConsumeContext context, Guid customer, string kind, string name, DateTimeOffset at) => Notice.KeepAsync(
        db, context, nameof(NoticesOfDevice), customer, kind, new Dictionary<string, string> { ["device"] = name, ["at"] = Notice.Show(at) }, clock.GetUtcNow());
}
