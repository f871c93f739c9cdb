using MassTransit;
using Npgsql;
using Pechat.Contracts.Events.CertificateAuthority;

namespace Pechat.Notifications.Notices;

/// <summary>Tells the holder that the certificate was issued .</summary>
internal sealed class NoticeOfCertificateIssued(NpgsqlDataSource db, TimeProvider clock) : IConsumer<CertificateIssued>
{
    public Task Consume(ConsumeContext<CertificateIssued> context) => Notice.KeepAsync(
        db, context, nameof(NoticeOfCertificateIssued), context.Message.CustomerId, "certificate-issued",
        new Dictionary<string, string> { ["serial"] = context.Message.Serial, ["until"] = Notice.Show(context.Message.NotAfter) },
        clock.GetUtcNow());
}
