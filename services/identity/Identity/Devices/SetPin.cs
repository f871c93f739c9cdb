using System.Buffers.Text;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Events.Identity;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Hosting;
using Pechat.Hosting.Jose;
using Pechat.Identity.History;
using Pechat.Identity.OAuth;
using Pechat.Persistence;

namespace Pechat.Identity.Devices;

/// <summary>
/// Sets a new PIN: with the present one from the phone itself, or, also when five wrong ones have locked the device (SM-2), with
/// a fresh verification that names its key. The SAM alone sees PINs and counts; nobody but it decides.
/// </summary>
internal static class SetPin
{
    internal sealed record Request(string? Pin, string? Proof, string? CurrentPin, Guid? VerificationId);

    private sealed record Row(string PublicKey, string? Assertion);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/devices/{id:guid}/pin", Handle).RequireAccess(Scopes.Device, Scopes.Enrolment);

    internal static async Task<IResult> Handle(
        Guid id, Request request, ClaimsPrincipal user, NpgsqlDataSource db, ISignatureActivation sam, TimeProvider clock, CancellationToken ct)
    {
        // Step 1: whatever can be refused is refused before the SAM counts an attempt.
        Guid customer = user.CustomerId();
        if (request.CurrentPin is null == request.VerificationId is null)
            throw FaultException.Invalid("invalid_request", "either currentPin or verificationId is needed");
        await ActiveDevice.ThrowUnlessActiveAsync(db, user, ct);
        bool itself = user.DeviceId() == id;
        if ((user.DeviceId() is not null && !itself) || (request.CurrentPin is not null && !itself))
            throw FaultException.Forbidden("access_denied", "the phone itself sets its PIN; without its token a verification is needed");
        DateTimeOffset now = clock.GetUtcNow();
        Row row = await ReadAsync(db, id, customer, request.VerificationId, now, ct) ?? throw FaultException.NotFound("unknown_device", "there is no such device");
        if (request.VerificationId is not null && row.Assertion is null)
            throw FaultException.Forbidden("not_verified", "there is no positive verification that names this device's key");
        string pinHash = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(request.Pin ?? "")));
        DeviceProof.ThrowUnlessProven(request.Proof, EcPublicKey.Parse(row.PublicKey), now,
            ("aud", "pechat-sam-pin"), ("sub", customer.ToString()), ("device", id.ToString()), ("pin_hash", pinHash));

        // Step 2: the SAM judges the evidence and sets the PIN.
        var set = new SetPinRequest { OwnerId = customer.ToString(), DeviceId = id.ToString(), Pin = request.Pin, Proof = request.Proof };
        if (row.Assertion is not null)
            set.Verification = row.Assertion;
        else
            set.CurrentPin = request.CurrentPin;
        try
        {
            await sam.SetPinAsync(set, ct);
        }
        catch (FaultException fault) when (fault.Code == "device_locked")
        {
            await db.InTransactionAsync(tx => PinLock.RecordAsync(tx, customer, id, now, now, CancellationToken.None), CancellationToken.None);
            throw;
        }

        // Step 3: the device counts again.
        await db.InTransactionAsync(async tx =>
        {
            string? name = await tx.Connection!.QuerySingleOrDefaultAsync<string>(new CommandDefinition("""
                update device set state = 'Active', pin_set_at = @now where id = @id and state in ('Active', 'PinLocked') returning name
                """, new { id, now }, tx, cancellationToken: ct));
            if (name is null)
                return; // detached meanwhile
            await HistoryLog.AddAsync(tx, customer, row.Assertion is null ? "pin.changed" : "pin.reset", itself ? HistoryLog.ActorOf(user) : "customer", new { device = id }, now, ct);
            await Outbox.AddAsync(tx, Guid.CreateVersion7(), new PinChanged(customer, id, name, now), now, ct);
        }, ct);
        return Results.NoContent();
    }

    private static async Task<Row?> ReadAsync(NpgsqlDataSource db, Guid id, Guid customer, Guid? verification, DateTimeOffset now, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition("""
            select d.public_key, v.assertion
            from device d join customer c on c.id = d.customer_id
            left join verification v on v.id = @verification and v.customer_id = @customer and v.state = 'Positive' and v.device_jkt = d.jkt
                and v.decided_at > @oldest and v.created_at > coalesce(d.pin_set_at, d.bound_at) -- one that bound the device is not fresh
            where d.id = @id and d.customer_id = @customer and d.state in ('Active', 'PinLocked') and c.state not in ('Locked', 'Closed')
            """, new { id, customer, verification, oldest = now - BindDevice.VerificationLifetime }, cancellationToken: ct));
    }
}
