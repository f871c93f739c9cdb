using Dapper;
using Npgsql;
using Pechat.SignatureActivation.Jose;
using Pechat.SignatureActivation.Keys;

namespace Pechat.SignatureActivation.Enrolment;

/// <summary>An enrolled device as its row says.</summary>
internal sealed record Device(Guid DeviceId, Guid OwnerId, string PublicKey, byte[] PinSalt, byte[] PinVerifier, byte[] RowMac, bool Detached)
{
    internal Jwk Key => Jwk.Parse(PublicKey);

    internal MacInput Binding => Bind(DeviceId, OwnerId, PublicKey, PinSalt, PinVerifier);

    internal static MacInput Bind(Guid deviceId, Guid ownerId, string publicKey, byte[] salt, byte[] verifier) =>
        new MacInput("device.1").Add(deviceId).Add(ownerId).Add(publicKey).Add(salt).Add(verifier);

    internal static MacInput PinInput(Guid deviceId, byte[] salt, string pin) => new MacInput("pin.1").Add(deviceId).Add(salt).Add(pin);

    internal static Task<Device?> FindAsync(NpgsqlConnection connection, Guid deviceId, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<Device>(new CommandDefinition("""
            select d.device_id, d.owner_id, d.public_key, d.pin_salt, d.pin_verifier, d.row_mac, t.device_id is not null as detached
            from device d
            left join detachment t using (device_id)
            where d.device_id = @deviceId
            """, new { deviceId }, cancellationToken: ct));
}
