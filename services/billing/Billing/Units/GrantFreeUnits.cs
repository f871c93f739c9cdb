using MassTransit;
using Npgsql;
using Pechat.Contracts.Events.Identity;
using Pechat.Persistence;

namespace Pechat.Billing.Units;

/// <summary>Grants the first year's free units when a profile becomes active.</summary>
internal sealed class GrantFreeUnits(NpgsqlDataSource db, TimeProvider clock) : IConsumer<CustomerActivated>
{
    public Task Consume(ConsumeContext<CustomerActivated> context) => db.InTransactionAsync(async tx =>
    {
        CancellationToken ct = context.CancellationToken;
        if (await Inbox.TryAcceptAsync(tx, context.MessageId!.Value, nameof(GrantFreeUnits), ct))
            await FreeUnits.GrantAsync(tx, context.Message.CustomerId, context.Message.At, 0, clock.GetUtcNow(), ct);
    }, context.CancellationToken);
}
