using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Hosting.Jose;
using Pechat.Identity.Devices;
using Pechat.Identity.OAuth;

namespace Pechat.Identity.Logins;

/// <summary>The customer confirms or declines a login; the device's key signs the decision.</summary>
internal static class DecideLogin
{
    internal sealed record Request(string? Decision, string? Proof);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/logins/{id:guid}/decision", Handle).RequireAccess(Scopes.Device);

    internal static async Task<IResult> Handle(
        Guid id, Request request, ClaimsPrincipal user, NpgsqlDataSource db, TimeProvider clock, CancellationToken ct)
    {
        if (request.Decision is not ("confirm" or "decline"))
            throw FaultException.Invalid("invalid_request", "decision must be confirm or decline");
        (Guid device, EcPublicKey key) = await ActiveDevice.OfAsync(db, user, ct);
        DateTimeOffset now = clock.GetUtcNow();
        DeviceProof.ThrowUnlessProven(request.Proof, key, now,
            ("aud", "pechat-identity"), ("iss", device.ToString()), ("login", id.ToString()), ("decision", request.Decision));

        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        int decided = await connection.ExecuteAsync(new CommandDefinition("""
            update login set state = @state, device_id = @device, decided_at = @now
            where id = @id and customer_id = @customer and state = 'Pending' and expires_at > @now
              and exists (select 1 from device where id = @device and state = 'Active')
            """, new { id, device, customer = user.CustomerId(), now, state = request.Decision == "confirm" ? "Confirmed" : "Declined" }, cancellationToken: ct));
        return decided == 1 ? Results.NoContent() : throw FaultException.Conflict("illegal_state", "there is no such login, or it was decided or expired before");
    }
}
