using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Hosting.Jose;
using Pechat.Identity.History;
using Pechat.Identity.OAuth;
using Pechat.Persistence;

namespace Pechat.Identity.Devices;

/// <summary>
/// A bound phone endorses a new one, or declines. The endorsement is a JWS over the new key for the SAM, which judges it again; here it is
/// checked so that the person learns of a mistake at once.
/// </summary>
internal static class EndorseDevice
{
    internal sealed record Request(string? Endorsement);
    internal sealed record DeclineRequest(string? Proof);

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/devices/requests/{id:guid}/endorsement", Handle).RequireAccess(Scopes.Device);
        routes.MapPost("/devices/requests/{id:guid}/decline", Decline).RequireAccess(Scopes.Device);
    }

    internal static async Task<IResult> Handle(Guid id, Request request, ClaimsPrincipal user, NpgsqlDataSource db, TimeProvider clock, CancellationToken ct)
    {
        Guid customer = user.CustomerId();
        (Guid device, EcPublicKey key) = await ActiveDevice.OfAsync(db, user, ct);
        DateTimeOffset now = clock.GetUtcNow();
        DeviceProof.ThrowUnlessProven(request.Endorsement, key, now, ("aud", "pechat-sam"), ("iss", device.ToString()), ("sub", customer.ToString()));
        CompactJws endorsement = CompactJws.Parse(request.Endorsement);
        string? jkt = endorsement.Payload.TryGetProperty("cnf", out var cnf) && cnf.ValueKind == System.Text.Json.JsonValueKind.Object
            && cnf.TryGetProperty("jkt", out var named) && named.ValueKind == System.Text.Json.JsonValueKind.String ? named.GetString() : null;
        if (endorsement.KeyId != device.ToString() || string.IsNullOrEmpty(endorsement.Text("jti")) || endorsement.Time("exp") is not { } exp || exp <= now)
            throw FaultException.Invalid("invalid_endorsement", "the endorsement needs kid, jti and exp");
        await db.InTransactionAsync(async tx =>
        {
            int endorsed = await tx.Connection!.ExecuteAsync(new CommandDefinition("""
                update device set endorsement = @Endorsement, endorsed_by = @device
                where id = @id and customer_id = @customer and jkt = @jkt and state = 'PendingBinding' and verification_id is null and created_at > @oldest
                """, new { id, customer, jkt, device, request.Endorsement, oldest = now - BindDevice.BindingLifetime }, tx, cancellationToken: ct));
            if (endorsed == 0)
                throw FaultException.Conflict("illegal_state", "no such device with this key waits for an endorsement");
            await HistoryLog.AddAsync(tx, customer, "device.endorsed", HistoryLog.ActorOf(user), new { device = id }, now, ct);
        }, ct);
        return Results.NoContent();
    }

    internal static async Task<IResult> Decline(
        Guid id, DeclineRequest request, ClaimsPrincipal user, NpgsqlDataSource db, DeviceEnd devices, TimeProvider clock, CancellationToken ct)
    {
        Guid customer = user.CustomerId();
        DateTimeOffset now = clock.GetUtcNow();
        await DeviceAct.ProvenAsync(db, user, request.Proof, now, "decline-device", [("device", id.ToString())], ct);
        await devices.ExpireAsync(customer, id, HistoryLog.ActorOf(user), "declined", now, ct);
        return Results.NoContent();
    }
}
