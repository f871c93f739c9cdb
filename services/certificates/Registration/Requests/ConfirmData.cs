using System.Security.Claims;
using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Identity.V1;
using Pechat.Hosting;
using Pechat.Hosting.Jose;
using Pechat.Persistence;
using Pechat.Registration.Peers;

namespace Pechat.Registration.Requests;

/// <summary>The applicant agrees to the data and signs the agreement with the phone's key. Issuing then starts by itself .</summary>
internal static class ConfirmData
{
    internal sealed record Request(string? Proof);

    private sealed record Open(string State, string Data, string AgreementSha256);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/requests/{id:guid}/confirm", Handle);

    internal static async Task<Accepted<RequestView>> Handle(
        Guid id, Request request, ClaimsPrincipal user, NpgsqlDataSource db, ICustomers customers, TimeProvider clock, CancellationToken ct)
    {
        // Step 1: the device is this customer's and still counts; a token outlives a detached device by minutes.
        (Guid device, EcPublicKey key) = await BoundDevice.OfAsync(customers, user, ct);
        Customer customer = await customers.GetAsync(user.CustomerId(), ct);
        DateTimeOffset now = clock.GetUtcNow();
        await db.InTransactionAsync(async tx =>
        {
            // Step 2: what is confirmed is exactly what was shown: the stored text, not something the caller sends.
            Open open = await tx.Connection!.QuerySingleOrDefaultAsync<Open>(new CommandDefinition(
                "select state, data, agreement_sha256 from certificate_request where id = @id and customer_id = @customer for update",
                new { id, customer = user.CustomerId() }, tx, cancellationToken: ct))
                ?? throw FaultException.NotFound("unknown_request", "there is no such request");
            if (open.State != "DataConfirmationPending")
                return; // confirmed before: the answer is how far it is
            DeviceProof.ThrowUnlessProven(request.Proof, key, now,
                ("aud", "pechat-registration"), ("iss", device.ToString()), ("request", id.ToString()), ("data", CertificateData.Hash(open.Data)),
                ("agreement", open.AgreementSha256));
            // Step 3: what was shown is still what Identity knows, and the identification is fresh enough (SM-3).
            CreateRequest.ThrowUnlessIssuable(customer, now);
            if (CertificateData.Of(customer, CertificateData.Read(open.Data).Publication).Write() != open.Data)
                throw FaultException.Conflict("data_changed", "the profile has changed since the data were shown; ask again");
            // Step 4: the proof is kept as evidence.
            await tx.Connection!.ExecuteAsync(new CommandDefinition("""
                update certificate_request set state = 'AgreementSigned', proof = @proof, device_id = @device, next_attempt_at = @now, changed_at = @now where id = @id
                """, new { id, proof = request.Proof, device, now }, tx, cancellationToken: ct));
            await Transition.RecordAsync(tx, id, "AgreementSigned", device.ToString(), now, ct);
        }, ct);
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return TypedResults.Accepted($"/registration/v1/requests/{id}", await RequestView.OfAsync(connection, id, user.CustomerId(), ct));
    }
}
