using System.Buffers.Text;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Events.Identity;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Hosting;
using Pechat.Hosting.Jose;
using Pechat.Identity.Verification;
using Pechat.Persistence;

namespace Pechat.Identity.Devices;

/// <summary>
/// Binds a phone (SM-2). A positive verification that names the phone's very key is the evidence; the SAM judges it again for itself.
/// The same request may be sent again after any failure.
/// </summary>
internal static class BindDevice
{
    internal const int MaxNameLength = 64;

    /// <summary>How long a positive verification supports what follows from it (SM-3).</summary>
    internal static readonly TimeSpan VerificationLifetime = TimeSpan.FromDays(30);

    internal sealed record Request(
        Guid DeviceId, JsonElement PublicKey, string? Name, string? Platform, Guid VerificationId, string? Pin, string? Proof);
    internal sealed record Response(Guid DeviceId);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/devices", Handle).RequireAccess(OAuth.Scopes.Enrolment);

    internal static async Task<IResult> Handle(
        Request request, ClaimsPrincipal user, NpgsqlDataSource db, ISignatureActivation sam, TimeProvider clock, CancellationToken ct)
    {
        // Step 1: whatever can be refused is refused before anything is written or asked.
        Guid customer = user.CustomerId();
        string name = request.Name?.Trim() ?? "";
        if (request.DeviceId == Guid.Empty || name.Length is 0 or > MaxNameLength || name.Any(char.IsControl) || request.Platform is { Length: > MaxNameLength })
            throw FaultException.Invalid("invalid_request", $"deviceId and a name of at most {MaxNameLength} characters are needed");
        EcPublicKey key = RequestVerification.ReadKey(request.PublicKey);
        string pinHash = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(request.Pin ?? "")));
        DeviceProof.ThrowUnlessProven(request.Proof, key, clock.GetUtcNow(),
            ("aud", "pechat-sam"), ("sub", customer.ToString()), ("device", request.DeviceId.ToString()), ("pin_hash", pinHash));

        // Step 2: record the intent.
        string assertion = await db.InTransactionAsync(tx => PrepareAsync(tx, customer, request, name, key, clock.GetUtcNow(), ct), ct);

        // Step 3: the SAM enrols the key; asking again changes nothing there.
        await sam.EnrolAsync(new EnrolDeviceRequest
        {
            OwnerId = customer.ToString(),
            DeviceId = request.DeviceId.ToString(),
            PublicKey = key.Json,
            Pin = request.Pin,
            Proof = request.Proof,
            Verification = assertion,
        }, ct);

        // Step 4: from here on the device counts.
        await db.InTransactionAsync(tx => ActivateAsync(tx, customer, request.DeviceId, name, clock.GetUtcNow(), ct), ct);
        return Results.Created($"/identity/v1/devices/{request.DeviceId}", new Response(request.DeviceId));
    }

    private static async Task<string> PrepareAsync(
        NpgsqlTransaction tx, Guid customer, Request request, string name, EcPublicKey key, DateTimeOffset now, CancellationToken ct)
    {
        string? assertion = await tx.Connection!.QuerySingleOrDefaultAsync<string>(new CommandDefinition("""
            select assertion from verification
            where id = @verification and customer_id = @customer and state = 'Positive' and device_jkt = @jkt and decided_at > @oldest
            """, new { verification = request.VerificationId, customer, jkt = key.Thumbprint, oldest = now - VerificationLifetime }, tx, cancellationToken: ct));
        if (assertion is null)
            throw FaultException.Forbidden("not_verified", "there is no positive verification that names this key");
        await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            insert into device (id, customer_id, public_key, jkt, name, platform, state, verification_id, created_at)
            values (@device, @customer, @key, @jkt, @name, @platform, 'PendingBinding', @verification, @now)
            on conflict do nothing
            """, new
        {
            device = request.DeviceId,
            customer,
            key = key.Json,
            jkt = key.Thumbprint,
            name,
            platform = request.Platform ?? "",
            verification = request.VerificationId,
            now,
        }, tx, cancellationToken: ct));
        string? state = await tx.Connection!.QuerySingleOrDefaultAsync<string>(new CommandDefinition(
            "select state from device where id = @device and customer_id = @customer and jkt = @jkt",
            new { device = request.DeviceId, customer, jkt = key.Thumbprint }, tx, cancellationToken: ct));
        return state is "PendingBinding" or "Active"
            ? assertion
            : throw FaultException.Conflict("device_exists", "the device or its key was bound before; make a new key");
    }

    private static async Task<int> ActivateAsync(NpgsqlTransaction tx, Guid customer, Guid device, string name, DateTimeOffset now, CancellationToken ct)
    {
        int bound = await tx.Connection!.ExecuteAsync(new CommandDefinition(
            "update device set state = 'Active', bound_at = @now where id = @device and state = 'PendingBinding'", new { device, now }, tx, cancellationToken: ct));
        if (bound == 0)
            return 0; // an earlier attempt came this far
        int activated = await tx.Connection!.ExecuteAsync(new CommandDefinition(
            "update customer set state = 'Active', activated_at = @now where id = @customer and state = 'Identified'", new { customer, now }, tx, cancellationToken: ct));
        await Outbox.AddAsync(tx, Guid.CreateVersion7(), new DeviceBound(customer, device, name, now), now, ct);
        if (activated == 1)
            await Outbox.AddAsync(tx, Guid.CreateVersion7(), new CustomerActivated(customer, now), now, ct);
        return bound;
    }
}
