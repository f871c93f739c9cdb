using Dapper;
using MassTransit;
using Npgsql;
using Pechat.Contracts.Events.CertificateAuthority;
using Pechat.Persistence;

namespace Pechat.Registration.Requests;

/// <summary>A revoked certificate is no active one any more: its holder may ask for another (S0-68).</summary>
internal sealed class FollowCertificateStatus(NpgsqlDataSource db, TimeProvider clock) : IConsumer<CertificateStatusChanged>
{
    public Task Consume(ConsumeContext<CertificateStatusChanged> context) => db.InTransactionAsync(async tx =>
    {
        CancellationToken ct = context.CancellationToken;
        if (context.Message.State != "revoked" || !await Inbox.TryAcceptAsync(tx, context.MessageId!.Value, nameof(FollowCertificateStatus), ct))
            return;
        DateTimeOffset now = clock.GetUtcNow();
        Guid? ended = await tx.Connection!.QuerySingleOrDefaultAsync<Guid?>(new CommandDefinition(
            "update certificate_request set state = 'Ended', changed_at = @now where serial = @Serial and state = 'Issued' returning id",
            new { context.Message.Serial, now }, tx, cancellationToken: ct));
        if (ended is { } id)
            await Transition.RecordAsync(tx, id, "Ended", "revoked", now, ct);
    }, context.CancellationToken);
}
