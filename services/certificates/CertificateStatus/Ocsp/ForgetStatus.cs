using Dapper;
using MassTransit;
using Npgsql;
using Pechat.Contracts.Events.CertificateAuthority;
using Pechat.Persistence;

namespace Pechat.CertificateStatus.Ocsp;

/// <summary>A status changed: what was signed before is forgotten, for all replicas at once.</summary>
public sealed class ForgetStatus(NpgsqlDataSource db) : IConsumer<CertificateStatusChanged>
{
    /// <inheritdoc/>
    public Task Consume(ConsumeContext<CertificateStatusChanged> context) => db.InTransactionAsync(async tx =>
    {
        CancellationToken ct = context.CancellationToken;
        if (!await Inbox.TryAcceptAsync(tx, context.MessageId!.Value, nameof(ForgetStatus), ct))
            return;
        // The change is remembered first, so that a response on its way from the CA is not kept behind the deletion.
        await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            insert into status_change (serial, at) values (@Serial, @At)
            on conflict (serial) do update set at = greatest(status_change.at, excluded.at);
            delete from ocsp_response where serial = @Serial;
            update crl set stale = true;
            """,
            new { context.Message.Serial, context.Message.At }, tx, cancellationToken: ct));
    }, context.CancellationToken);
}
