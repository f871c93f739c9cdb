using System.Security.Claims;
using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Hosting;
using Pechat.Persistence;
using Pechat.Registration.Peers;
using Pechat.Registration.Requests;

namespace Pechat.Registration.Certificates;

/// <summary>The holder suspends the certificate from the phone at once, or resumes it when the reason is gone .</summary>
internal static class ChangeCertificateStatus
{
    internal sealed record Response(string Serial, string State, DateTimeOffset Since);

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/certificates/{serial}/suspend", (string serial, ClaimsPrincipal user, NpgsqlDataSource db, ICustomers customers, IIssuer issuer,
            TimeProvider clock, CancellationToken ct) => Handle(serial, CertificateState.Suspended, user, db, customers, issuer, clock, ct));
        routes.MapPost("/certificates/{serial}/resume", (string serial, ClaimsPrincipal user, NpgsqlDataSource db, ICustomers customers, IIssuer issuer,
            TimeProvider clock, CancellationToken ct) => Handle(serial, CertificateState.Active, user, db, customers, issuer, clock, ct));
    }

    private static async Task<Ok<Response>> Handle(
        string serial, CertificateState wanted, ClaimsPrincipal user, NpgsqlDataSource db, ICustomers customers, IIssuer issuer, TimeProvider clock, CancellationToken ct)
    {
        (Guid device, _) = await BoundDevice.OfAsync(customers, user, ct);
        Guid request = await FindAsync(db, serial, user.CustomerId(), ct)
            ?? throw FaultException.NotFound("unknown_certificate", "you have no such certificate");
        // The CA decides whether the state allows it, and publishes the change.
        CertificateStatus status = await issuer.ChangeStatusAsync(serial, wanted, $"holder, device {device}", ct);
        string state = status.State.ToString().ToLowerInvariant();
        await db.InTransactionAsync(tx => Transition.RecordAsync(tx, request, "Issued", $"{state}, asked by device {device}", clock.GetUtcNow(), ct), ct);
        return TypedResults.Ok(new Response(status.Serial, state, status.Since.ToDateTimeOffset()));
    }

    private static async Task<Guid?> FindAsync(NpgsqlDataSource db, string serial, Guid customer, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<Guid?>(new CommandDefinition(
            "select id from certificate_request where serial = @serial and customer_id = @customer", new { serial, customer }, cancellationToken: ct));
    }
}
