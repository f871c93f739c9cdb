using MassTransit;
using Npgsql;
using Pechat.Contracts.Events.CertificateAuthority;
using Pechat.Persistence;

namespace Pechat.Signing.Credentials;

/// <summary>A certificate was suspended, resumed or revoked: its credential is disabled or enabled (S0-66).</summary>
internal sealed class FollowCertificateStatus(NpgsqlDataSource db) : IConsumer<CertificateStatusChanged>
{
    public Task Consume(ConsumeContext<CertificateStatusChanged> context) => db.InTransactionAsync(async tx =>
    {
        CancellationToken ct = context.CancellationToken;
        if (!await Inbox.TryAcceptAsync(tx, context.MessageId!.Value, nameof(FollowCertificateStatus), ct))
            return 0;
        return await CertificateState.RecordAsync(tx, context.Message.Serial, context.Message.State, context.Message.At, ct);
    }, context.CancellationToken);
}
