using MassTransit;
using Npgsql;
using Pechat.Contracts.Events.CertificateAuthority;
using Pechat.Persistence;

namespace Pechat.Identity.History;

/// <summary>Keeps for the customer's history which certificates were issued, suspended, resumed and revoked.</summary>
internal sealed class RecordCertificate(NpgsqlDataSource db, TimeProvider clock) : IConsumer<CertificateIssued>, IConsumer<CertificateStatusChanged>
{
    public Task Consume(ConsumeContext<CertificateIssued> context)
    {
        CertificateIssued issued = context.Message;
        return KeepAsync(context, issued.CustomerId, "certificate.issued", new { issued.Serial, issued.Profile, issued.NotBefore, issued.NotAfter }, clock.GetUtcNow());
    }

    public Task Consume(ConsumeContext<CertificateStatusChanged> context)
    {
        CertificateStatusChanged changed = context.Message;
        string kind = changed.State switch { "active" => "certificate.resumed", "suspended" => "certificate.suspended", _ => "certificate.revoked" };
        return KeepAsync(context, changed.CustomerId, kind, new { changed.Serial, changed.Reason }, changed.At);
    }

    private Task KeepAsync(ConsumeContext context, Guid customer, string kind, object detail, DateTimeOffset at) => db.InTransactionAsync(async tx =>
    {
        if (await Inbox.TryAcceptAsync(tx, context.MessageId!.Value, nameof(RecordCertificate), context.CancellationToken))
            await HistoryLog.AddAsync(tx, customer, kind, HistoryLog.System, detail, at, context.CancellationToken);
    }, context.CancellationToken);
}
