using MassTransit;
using Npgsql;
using Pechat.Contracts.Events.Signing;
using Pechat.Persistence;

namespace Pechat.Billing.Units;

/// <summary>Gives reserved units back when their transaction ended without signatures (R-020: it costs nothing).</summary>
internal sealed class ReleaseUnits(NpgsqlDataSource db, TimeProvider clock) : IConsumer<SignatureEnded>
{
    public Task Consume(ConsumeContext<SignatureEnded> context) => db.InTransactionAsync(async tx =>
    {
        CancellationToken ct = context.CancellationToken;
        if (!await Inbox.TryAcceptAsync(tx, context.MessageId!.Value, nameof(ReleaseUnits), ct))
            return 0;
        return await Ledger.SettleAsync(tx, context.Message.TransactionId, "release", null, clock.GetUtcNow(), ct);
    }, context.CancellationToken);
}
