using System.Globalization;
using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Hosting.Jose;
using Pechat.Identity.Devices;
using Pechat.Identity.OAuth;

namespace Pechat.Identity.Logins;

/// <summary>
/// The customer confirms or declines a login; the device's key signs the decision. To confirm is to pick the number that the login page
/// shows: another pick ends the login, because it was not started by the one who holds the phone.
/// </summary>
internal static class DecideLogin
{
    internal sealed record Request(string? Decision, string? Proof, short? Number = null);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/logins/{id:guid}/decision", Handle).RequireAccess(Scopes.Device);

    internal static async Task<IResult> Handle(
        Guid id, Request request, ClaimsPrincipal user, NpgsqlDataSource db, TimeProvider clock, CancellationToken ct)
    {
        if (request.Decision is not ("confirm" or "decline"))
            throw FaultException.Invalid("invalid_request", "decision must be confirm or decline");
        (Guid device, EcPublicKey key) = await ActiveDevice.OfAsync(db, user, ct);
        DateTimeOffset now = clock.GetUtcNow();
        (string, string)[] members = [("aud", "pechat-identity"), ("iss", device.ToString()), ("login", id.ToString()), ("decision", request.Decision)];
        if (request.Number is { } picked)
            members = [.. members, ("number", picked.ToString(CultureInfo.InvariantCulture))];
        DeviceProof.ThrowUnlessProven(request.Proof, key, now, members);

        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        string? state = await connection.QuerySingleOrDefaultAsync<string>(new CommandDefinition("""
            update login set device_id = @device, decided_at = @now,
                state = case when @confirm and (number is null or number = @number) then 'Confirmed' else 'Declined' end
            where id = @id and customer_id = @customer and state = 'Pending' and expires_at > @now
              and not (@confirm and number is not null and @number::smallint is null)
              and exists (select 1 from device where id = @device and state = 'Active')
            returning state
            """, new { id, device, customer = user.CustomerId(), now, confirm = request.Decision == "confirm", number = request.Number }, cancellationToken: ct));
        return state switch
        {
            null when request is { Decision: "confirm", Number: null } && await LoginNumber.OfAsync(db, id, ct) is not null =>
                throw FaultException.Invalid("number_required", "the number that the login page shows must be picked"),
            null => throw FaultException.Conflict("illegal_state", "there is no such login, or it was decided or expired before"),
            "Declined" when request.Decision == "confirm" => throw FaultException.Forbidden("wrong_number", "the login page shows another number; the login has ended"),
            _ => Results.NoContent(),
        };
    }
}
