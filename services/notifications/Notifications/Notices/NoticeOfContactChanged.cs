using MassTransit;
using Npgsql;
using Pechat.Contracts.Events.Identity;

namespace Pechat.Notifications.Notices;

/// <summary>Tells the old and the new contact of a change; of a changed telephone the e-mail address as well.</summary>
internal sealed class NoticeOfContactChanged(NpgsqlDataSource db, TimeProvider clock) : IConsumer<ContactChanged>
{
    public Task Consume(ConsumeContext<ContactChanged> context) => Notice.KeepAsync(db, context, nameof(NoticeOfContactChanged), async tx =>
    {
        ContactChanged changed = context.Message;
        var facts = new Dictionary<string, string> { ["at"] = Notice.Show(changed.At) };
        foreach (string side in new[] { "old", "new" })
            await Notice.AddAsync(tx, Guid.CreateVersion7(), changed.CustomerId, "contact-changed", facts, clock.GetUtcNow(), context.CancellationToken, changed.ChangeId, side);
        if (changed.Channel == "phone")
            await Notice.AddAsync(tx, context.MessageId!.Value, changed.CustomerId, "contact-changed", facts, clock.GetUtcNow(), context.CancellationToken);
    });
}
