using System.Globalization;
using MassTransit;
using Npgsql;
using Pechat.Contracts.Events.Signing;

namespace Pechat.Notifications.Notices;

/// <summary>Tells the signer what was signed in their name .</summary>
internal sealed class NoticeOfDocumentSigned(NpgsqlDataSource db, TimeProvider clock) : IConsumer<SignatureCreated>
{
    public Task Consume(ConsumeContext<SignatureCreated> context) => Notice.KeepAsync(
        db, context, nameof(NoticeOfDocumentSigned), context.Message.CustomerId, "document-signed",
        new Dictionary<string, string>
        {
            ["count"] = context.Message.Signatures.ToString(CultureInfo.InvariantCulture),
            ["client"] = context.Message.ClientId,
            ["at"] = Notice.Show(context.Message.At),
            ["transaction"] = context.Message.TransactionId.ToString("D"),
        },
        clock.GetUtcNow());
}
