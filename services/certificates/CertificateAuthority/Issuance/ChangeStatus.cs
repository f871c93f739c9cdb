using Dapper;
using Grpc.Core;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Contracts.Events.CertificateAuthority;
using Pechat.Hosting;
using Pechat.Persistence;
using Pechat.Pki;

namespace Pechat.CertificateAuthority.Issuance;

internal sealed partial class IssuerService
{
    /// <summary>SM-5: active ⇄ suspended, both → revoked; revoked and expired are final. Asking for the state that it has changes nothing.</summary>
    [Callers("registration", "signing")]
    public override async Task<CertificateStatus> ChangeStatus(ChangeStatusRequest request, ServerCallContext context)
    {
        CancellationToken ct = context.CancellationToken;
        string wanted = request.State switch
        {
            CertificateState.Active => States.Active,
            CertificateState.Suspended => States.Suspended,
            CertificateState.Revoked => States.Revoked,
            _ => throw FaultException.Invalid("invalid_request", "state must be active, suspended or revoked"),
        };
        ThrowIfReasonDoesNotFit(wanted, request.Reason);
        if (request.RequestedBy.Length is 0 or > 200)
            throw FaultException.Invalid("invalid_request", "requested_by names who asked, in at most 200 characters");
        DateTimeOffset now = CertificateTemplate.Seconds(clock.GetUtcNow()); // what OCSP and the CRL will say to the second
        CertificateRow row = await db.InTransactionAsync(async tx =>
        {
            CertificateRow before = await CertificateRow.LockAsync(tx, request.Serial, ct)
                ?? throw FaultException.NotFound("unknown_certificate", "no certificate has this serial number");
            if (before.State == wanted)
                return before;
            if (before.State == States.Revoked || before.NotAfter < now.UtcDateTime)
                throw FaultException.Conflict("illegal_state", "a revoked or expired certificate keeps its status for ever");
            CertificateRow after = before with { State = wanted, Reason = request.Reason, Since = now.UtcDateTime };
            await StoreAsync(tx, before, after, request.RequestedBy, now, ct);
            return after;
        }, ct);
        return StatusOf(row);
    }

    private static void ThrowIfReasonDoesNotFit(string wanted, int reason)
    {
        bool fits = wanted switch
        {
            States.Active => reason == 0,
            States.Suspended => reason == (int)RevocationReason.CertificateHold,
            _ => (RevocationReason)reason is RevocationReason.Unspecified or RevocationReason.KeyCompromise or RevocationReason.AffiliationChanged
                or RevocationReason.Superseded or RevocationReason.CessationOfOperation or RevocationReason.PrivilegeWithdrawn,
        };
        if (!fits)
            throw FaultException.Invalid("invalid_reason", "the reason does not fit the state: 0 for active, 6 for suspended, 0, 1, 3, 4, 5 or 9 for revoked");
    }

    private async Task StoreAsync(NpgsqlTransaction tx, CertificateRow before, CertificateRow after, string requestedBy, DateTimeOffset now, CancellationToken ct)
    {
        // The authority's row is locked until the commit, so that a CRL with this version holds every change up to it.
        await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            update authority set status_version = status_version + 1 where name = @Issuer;
            update certificate set state = @State, reason = @Reason, since = @Since where serial = @Serial;
            insert into status_change (serial, from_state, to_state, reason, requested_by, at)
            values (@Serial, @from, @State, @Reason, @requestedBy, @Since);
            """,
            new { after.Issuer, after.State, after.Reason, after.Since, after.Serial, from = before.State, requestedBy }, tx, cancellationToken: ct));
        await audit.WriteAsync(tx, "certificate.status", new { after.Serial, From = before.State, To = after.State, after.Reason, requestedBy }, ct);
        await Outbox.AddAsync(tx, Guid.CreateVersion7(),
            new CertificateStatusChanged(after.Serial, after.CustomerId ?? Guid.Empty, after.CredentialId, after.State, after.Reason, now), now, ct);
        Telemetry.StatusChanges.Add(1, new KeyValuePair<string, object?>("state", after.State));
    }
}
