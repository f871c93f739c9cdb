using System.Security.Claims;
using Npgsql;
using Pechat.Hosting.Jose;

namespace Pechat.Identity.Devices;

/// <summary>
/// What a customer does to the profile from a phone is signed by the phone: a stolen token alone changes nothing. The payload is
/// <c>{"aud":"pechat-identity","iss":device,"act":…,…,"iat":…}</c>.
/// </summary>
internal static class DeviceAct
{
    /// <summary>Verifies the proof of an act by the token's active device.</summary>
    /// <param name="db">The database.</param>
    /// <param name="user">Carries a device token.</param>
    /// <param name="proof">Compact JWS.</param>
    /// <param name="now">The current time.</param>
    /// <param name="act">Name of the act.</param>
    /// <param name="members">What it is about: payload members and their exact texts.</param>
    /// <param name="ct">Ends the look-up.</param>
    /// <returns>The device.</returns>
    internal static async Task<Guid> ProvenAsync(
        NpgsqlDataSource db, ClaimsPrincipal user, string? proof, DateTimeOffset now, string act, (string, string)[] members, CancellationToken ct)
    {
        (Guid device, EcPublicKey key) = await ActiveDevice.OfAsync(db, user, ct);
        DeviceProof.ThrowUnlessProven(proof, key, now, [("aud", "pechat-identity"), ("iss", device.ToString()), ("act", act), .. members]);
        return device;
    }
}
