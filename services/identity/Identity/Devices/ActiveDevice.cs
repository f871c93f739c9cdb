using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Hosting.Jose;

namespace Pechat.Identity.Devices;

/// <summary>The device behind a token, as it is now: a token outlives a detached device by minutes, its authority does not .</summary>
internal static class ActiveDevice
{
    /// <summary>The key of the token's device.</summary>
    /// <exception cref="FaultException">The token names no device, or one that is no longer active.</exception>
    internal static async Task<(Guid Id, EcPublicKey Key)> OfAsync(NpgsqlDataSource db, ClaimsPrincipal user, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        var (state, key) = await connection.QuerySingleOrDefaultAsync<(string?, string?)>(new CommandDefinition(
            "select state, public_key from device where id = @device and customer_id = @customer",
            new { device = user.DeviceId(), customer = user.CustomerId() }, cancellationToken: ct));
        return state switch
        {
            "Active" => (user.DeviceId()!.Value, EcPublicKey.Parse(key!)),
            "PinLocked" => throw FaultException.Forbidden("device_locked", "too many wrong PINs: reset the PIN after a new identification"),
            _ => throw FaultException.Forbidden("device_detached", "the device is not bound to the profile any more"),
        };
    }

    /// <summary>Refuses a token of a device that is no longer active; tokens without a device pass.</summary>
    internal static async Task ThrowUnlessActiveAsync(NpgsqlDataSource db, ClaimsPrincipal user, CancellationToken ct)
    {
        if (user.DeviceId() is not null)
            await OfAsync(db, user, ct);
    }
}
