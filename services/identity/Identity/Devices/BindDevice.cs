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
using Pechat.Identity.History;
using Pechat.Identity.Profile;
using Pechat.Identity.Verification;
using Pechat.Persistence;

namespace Pechat.Identity.Devices;

/// <summary>
/// Binds a phone (SM-2). The evidence is a positive verification that names the phone's very key, or the endorsement of another phone
/// (<see cref="RequestDevice"/>); the SAM judges it again for itself. The same request may be sent again after any failure.
/// </summary>
internal static class BindDevice
{
    internal const int MaxNameLength = 64;
    internal const int MaxReplaced = 10;

    /// <summary>How long a positive verification supports what follows from it (SM-3).</summary>
    internal static readonly TimeSpan VerificationLifetime = TimeSpan.FromDays(30);

    /// <summary>Within which a binding is completed (SM-2).</summary>
    internal static readonly TimeSpan BindingLifetime = TimeSpan.FromMinutes(15);

    /// <param name="DeviceId">Chosen by the phone.</param>
    /// <param name="PublicKey">JWK.</param>
    /// <param name="Name">For people.</param>
    /// <param name="Platform">For people.</param>
    /// <param name="VerificationId">The positive verification; null when another phone has endorsed this one.</param>
    /// <param name="Pin">JWE for the SAM.</param>
    /// <param name="Proof">JWS for the SAM.</param>
    /// <param name="Replaces">Devices that this one takes the place of.</param>
    internal sealed record Request(
        Guid DeviceId, JsonElement PublicKey, string? Name, string? Platform, Guid? VerificationId, string? Pin, string? Proof, IReadOnlyList<Guid>? Replaces = null);

    /// <param name="DeviceId">The device.</param>
    /// <param name="ProfileState">State of the profile (SM-1): still Identified when the terms are not accepted yet.</param>
    internal sealed record Response(Guid DeviceId, string ProfileState);

    private sealed record Evidence(string? Assertion, string? Endorsement);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/devices", Handle).RequireAccess(OAuth.Scopes.Enrolment);

    internal static async Task<IResult> Handle(
        Request request, ClaimsPrincipal user, NpgsqlDataSource db, ISignatureActivation sam, DeviceEnd devices, ProfileActivation activation,
        TimeProvider clock, CancellationToken ct)
    {
        // Step 1: whatever can be refused is refused before anything is written or asked.
        Guid customer = user.CustomerId(), device = request.DeviceId;
        string name = ReadName(device, request.Name, request.Platform);
        Guid[] replaces = [.. (request.Replaces ?? []).Distinct()];
        if (replaces.Length > MaxReplaced || replaces.Contains(device))
            throw FaultException.Invalid("invalid_request", $"replaces may name {MaxReplaced} other devices");
        EcPublicKey key = RequestVerification.ReadKey(request.PublicKey);
        string pinHash = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(request.Pin ?? "")));
        DeviceProof.ThrowUnlessProven(request.Proof, key, clock.GetUtcNow(),
            ("aud", "pechat-sam"), ("sub", customer.ToString()), ("device", device.ToString()), ("pin_hash", pinHash));

        // Step 2: record the intent.
        Evidence evidence = await db.InTransactionAsync(tx => PrepareAsync(tx, customer, request, name, key, replaces, clock.GetUtcNow(), ct), ct);

        // Step 3: the SAM enrols the key; asking again changes nothing there.
        var enrolment = new EnrolDeviceRequest
        {
            OwnerId = customer.ToString(), DeviceId = device.ToString(), PublicKey = key.Json, Pin = request.Pin, Proof = request.Proof,
        };
        if (evidence.Assertion is not null)
            enrolment.Verification = evidence.Assertion;
        else
            enrolment.Endorsement = evidence.Endorsement;
        await sam.EnrolAsync(enrolment, ct);

        // Step 4: from here on the device counts.
        if (!await db.InTransactionAsync(tx => ActivateAsync(tx, customer, device, name, clock.GetUtcNow(), ct), ct))
        {
            await devices.RevokeAsync(customer, device, ct);
            throw FaultException.Conflict("binding_expired", "the binding was not completed in time; make a new key");
        }

        // Step 5: those it replaces count no longer.
        foreach (Guid old in replaces)
            await devices.RevokeAsync(customer, old, ct);
        string state = await db.InTransactionAsync(tx => CompleteAsync(tx, activation, customer, device, replaces, clock.GetUtcNow(), ct), ct);
        return Results.Created($"/identity/v1/devices/{device}", new Response(device, state));
    }

    /// <summary>The name of a device, trimmed.</summary>
    /// <exception cref="FaultException">There is no id, or a name is missing, too long or no plain text.</exception>
    internal static string ReadName(Guid device, string? name, string? platform)
    {
        string text = name?.Trim() ?? "";
        return device == Guid.Empty || text.Length is 0 or > MaxNameLength || text.Any(char.IsControl) || platform is { Length: > MaxNameLength }
            ? throw FaultException.Invalid("invalid_request", $"deviceId and a name of at most {MaxNameLength} characters are needed")
            : text;
    }

    private static async Task<Evidence> PrepareAsync(
        NpgsqlTransaction tx, Guid customer, Request request, string name, EcPublicKey key, Guid[] replaces, DateTimeOffset now, CancellationToken ct)
    {
        NpgsqlConnection connection = tx.Connection!;
        string? profile = await connection.QuerySingleOrDefaultAsync<string>(new CommandDefinition(
            "select state from customer where id = @customer for update", new { customer }, tx, cancellationToken: ct));
        if (profile is null or "Closed")
            throw FaultException.Conflict("illegal_state", "the profile is closed");
        if (profile == "Locked")
            throw FaultException.Conflict("profile_locked", "the profile is locked; unlock it first");
        int own = await connection.ExecuteScalarAsync<int>(new CommandDefinition(
            "select count(*) from device where id = any(@replaces) and customer_id = @customer and state in ('Active', 'PinLocked', 'Replaced', 'Detached')",
            new { replaces, customer }, tx, cancellationToken: ct));
        if (own != replaces.Length)
            throw FaultException.NotFound("unknown_device", "a device that shall be replaced is not bound to the profile");
        var row = new
        {
            device = request.DeviceId,
            customer,
            key = key.Json,
            jkt = key.Thumbprint,
            name,
            platform = request.Platform ?? "",
            verification = request.VerificationId,
            now,
            oldest = request.VerificationId is null ? now - BindingLifetime : now - VerificationLifetime,
        };
        return request.VerificationId is null ? await EndorsedAsync(tx, row, ct) : await VerifiedAsync(tx, row, ct);
    }

    private static async Task<Evidence> EndorsedAsync(NpgsqlTransaction tx, object row, CancellationToken ct) => new(null,
        await tx.Connection!.QuerySingleOrDefaultAsync<string>(new CommandDefinition("""
            select d.endorsement from device d join device by on by.id = d.endorsed_by
            where d.id = @device and d.customer_id = @customer and d.jkt = @jkt
              and (d.state = 'Active' or (d.state = 'PendingBinding' and d.created_at > @oldest and by.state = 'Active'))
            """, row, tx, cancellationToken: ct))
        ?? throw FaultException.Forbidden("not_verified", "neither a verification nor another device vouches for this key"));

    private static async Task<Evidence> VerifiedAsync(NpgsqlTransaction tx, object row, CancellationToken ct)
    {
        NpgsqlConnection connection = tx.Connection!;
        string assertion = await connection.QuerySingleOrDefaultAsync<string>(new CommandDefinition("""
            select assertion from verification
            where id = @verification and customer_id = @customer and state = 'Positive' and device_jkt = @jkt and decided_at > @oldest
            """, row, tx, cancellationToken: ct))
            ?? throw FaultException.Forbidden("not_verified", "there is no positive verification that names this key");
        await connection.ExecuteAsync(new CommandDefinition("""
            insert into device (id, customer_id, public_key, jkt, name, platform, state, verification_id, created_at)
            values (@device, @customer, @key, @jkt, @name, @platform, 'PendingBinding', @verification, @now)
            on conflict (id) do update set state = 'PendingBinding', verification_id = @verification, created_at = @now
            where device.customer_id = @customer and device.jkt = @jkt and device.state in ('PendingBinding', 'Expired')
            """, row, tx, cancellationToken: ct));
        string? state = await connection.QuerySingleOrDefaultAsync<string>(new CommandDefinition(
            "select state from device where id = @device and customer_id = @customer and jkt = @jkt", row, tx, cancellationToken: ct));
        return state is "PendingBinding" or "Active"
            ? new(assertion, null)
            : throw FaultException.Conflict("device_exists", "the device or its key was bound before; make a new key");
    }

    private static async Task<bool> ActivateAsync(NpgsqlTransaction tx, Guid customer, Guid device, string name, DateTimeOffset now, CancellationToken ct)
    {
        var (bound, endorsedBy) = await tx.Connection!.QuerySingleOrDefaultAsync<(bool, Guid?)>(new CommandDefinition(
            "update device set state = 'Active', bound_at = @now where id = @device and state = 'PendingBinding' returning true, endorsed_by", new { device, now }, tx, cancellationToken: ct));
        if (!bound) // an earlier attempt came this far, or it is too late
            return await tx.Connection!.ExecuteScalarAsync<bool>(new CommandDefinition(
                "select exists (select 1 from device where id = @device and state in ('Active', 'PinLocked'))", new { device }, tx, cancellationToken: ct));
        await HistoryLog.AddAsync(tx, customer, "device.bound", "customer", new { device, name, endorsedBy }, now, ct);
        await Outbox.AddAsync(tx, Guid.CreateVersion7(), new DeviceBound(customer, device, name, now), now, ct);
        return true;
    }

    private static async Task<string> CompleteAsync(
        NpgsqlTransaction tx, ProfileActivation activation, Guid customer, Guid device, Guid[] replaces, DateTimeOffset now, CancellationToken ct)
    {
        foreach (Guid old in replaces)
            await DeviceEnd.RecordAsync(tx, customer, old, "Replaced", "customer", "replaced by a new device", now, ct, device);
        await activation.TryAsync(tx, customer, now, ct);
        return await tx.Connection!.ExecuteScalarAsync<string>(new CommandDefinition("select state from customer where id = @customer", new { customer }, tx, cancellationToken: ct)) ?? "";
    }
}
