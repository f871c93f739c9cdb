using MassTransit;
using Npgsql;
using Pechat.Contracts.Events.Signing;
using Pechat.Persistence;

namespace Pechat.Billing.Units;

/// <summary>Makes reserved units final when their signatures exist .</summary>
internal sealed partial class CaptureUnits(NpgsqlDataSource db, TimeProvider clock, ILogger<CaptureUnits> logger) : IConsumer<SignatureCreated>
{
    public Task Consume(ConsumeContext<SignatureCreated> context) => db.InTransactionAsync(async tx =>
    {
        CancellationToken ct = context.CancellationToken;
        if (!await Inbox.TryAcceptAsync(tx, context.MessageId!.Value, nameof(CaptureUnits), ct))
            return 0;
        int captured = await Ledger.SettleAsync(tx, context.Message.TransactionId, "capture", context.Message.Signatures, clock.GetUtcNow(), ct);
        if (captured < context.Message.Signatures)
            NotCovered(logger, context.Message.TransactionId, context.Message.Signatures, captured); // lapsed before: the house bears it
        return captured;
    }, context.CancellationToken);

    [LoggerMessage(5101, LogLevel.Warning, "Transaction {Transaction} made {Signatures} signatures, of which {Captured} were still reserved")]
    private static partial void NotCovered(ILogger logger, Guid transaction, int signatures, int captured);
}
