using MassTransit;
using Npgsql;
using Pechat.Contracts.Events.Identity;

namespace Pechat.Notifications.Notices;

/// <summary>Tells the customer that a device was bound, with a link that says "this was not me" .</summary>
internal sealed class NoticeOfDeviceBound(NpgsqlDataSource db, TimeProvider clock) : IConsumer<DeviceBound>
{
    /// <summary>The fact that names the device for which <see cref="DeliverNotices"/> asks the link.</summary>
    internal const string DeviceFact = "deviceid";

    public Task Consume(ConsumeContext<DeviceBound> context) => Notice.KeepAsync(
        db, context, nameof(NoticeOfDeviceBound), context.Message.CustomerId, "device-bound",
        new Dictionary<string, string>
        {
            ["device"] = context.Message.DeviceName, ["at"] = Notice.Show(context.Message.At), [DeviceFact] = context.Message.DeviceId.ToString("D"),
        },
        clock.GetUtcNow());
}
