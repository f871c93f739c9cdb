using MassTransit;
using Npgsql;
using Pechat.Contracts.Events.Signing;
using Pechat.Persistence;

namespace Pechat.Identity.History;

/// <summary>Keeps for the customer's history what was signed in their name.</summary>
internal sealed class RecordSignature(NpgsqlDataSource db) : IConsumer<SignatureCreated>
{
    public Task Consume(ConsumeContext<SignatureCreated> context) => db.InTransactionAsync(async tx =>
    {
        CancellationToken ct = context.CancellationToken;
        SignatureCreated signed = context.Message;
        if (await Inbox.TryAcceptAsync(tx, context.MessageId!.Value, nameof(RecordSignature), ct))
            await HistoryLog.AddAsync(tx, signed.CustomerId, "signature.created", "customer",
                new { transaction = signed.TransactionId, credential = signed.CredentialId, client = signed.ClientId, signed.Signatures }, signed.At, ct);
    }, context.CancellationToken);
}
