using MassTransit;
using Npgsql;
using Pechat.Contracts.Events.Identity;

namespace Pechat.Notifications.Notices;

/// <summary>Tells the customer that a device was bound .</summary>
internal sealed class NoticeOfDeviceBound(NpgsqlDataSource db, TimeProvider clock) : IConsumer<DeviceBound>
{
    public Task Consume(ConsumeContext<DeviceBound> context) => Notice.KeepAsync(
        db, context, nameof(NoticeOfDeviceBound), context.Message.CustomerId, "device-bound",
        new Dictionary<string, string> { ["device"] = context.Message.DeviceName, ["at"] = Notice.Show(context.Message.At) },
        clock.GetUtcNow());
}
