using Dapper;
using MassTransit;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Contracts.Events.Identity;
using Pechat.Persistence;
using Pechat.Registration.Peers;
using Pechat.Registration.Requests;

namespace Pechat.Registration.Certificates;

/// <summary>
/// A closed profile takes its certificates and requests with it (SM-1): requests are rejected, cloud certificates revoked. A certificate
/// that is just being issued is waited for, so that none is left over.
/// </summary>
internal sealed class EndWithProfile(NpgsqlDataSource db, IIssuer issuer, TimeProvider clock) : IConsumer<CustomerClosed>
{
    public async Task Consume(ConsumeContext<CustomerClosed> context)
    {
        CancellationToken ct = context.CancellationToken;
        Guid customer = context.Message.CustomerId;
        await db.InTransactionAsync(tx => RejectAsync(tx, customer, ct), ct);
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        var left = (await connection.QueryAsync<(string State, string? Serial)>(new CommandDefinition(
            "select state, serial from certificate_request where customer_id = @customer and state in ('Issuing', 'Issued')", new { customer }, cancellationToken: ct))).AsList();
        foreach (string serial in left.Select(l => l.Serial).OfType<string>())
            await RevokeAsync(serial, ct);
        if (left.Any(l => l.State == "Issuing"))
            throw FaultException.Unavailable("being_issued", "a certificate of the closed profile is being issued; it is revoked when it exists");
    }

    private async Task RejectAsync(NpgsqlTransaction tx, Guid customer, CancellationToken ct)
    {
        DateTimeOffset now = clock.GetUtcNow();
        var rejected = await tx.Connection!.QueryAsync<Guid>(new CommandDefinition("""
            update certificate_request set state = 'Rejected', failure = 'profile_closed', changed_at = @now
            where customer_id = @customer and state in ('DataConfirmationPending', 'AgreementSigned') returning id
            """, new { customer, now }, tx, cancellationToken: ct));
        foreach (Guid id in rejected)
            await Transition.RecordAsync(tx, id, "Rejected", "the profile was closed", now, ct);
    }

    /// <summary>The CA's event ends the request afterwards; a certificate that is revoked already stays so.</summary>
    private async Task RevokeAsync(string serial, CancellationToken ct)
    {
        try
        {
            await issuer.ChangeStatusAsync(serial, CertificateState.Revoked, "holder, by closing the profile", ct);
        }
        catch (FaultException fault) when (fault.Code == "illegal_state")
        {
            // revoked before
        }
    }
}
