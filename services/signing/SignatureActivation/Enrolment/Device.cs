using Dapper;
using Npgsql;
using Pechat.SignatureActivation.Jose;
using Pechat.SignatureActivation.Keys;

namespace Pechat.SignatureActivation.Enrolment;

/// <summary>An enrolled device as its row says, with the PIN set last; its number is 0 while it is the one of the enrolment.</summary>
internal sealed record Device(Guid DeviceId, Guid OwnerId, string PublicKey, byte[] PinSalt, byte[] PinVerifier, byte[] RowMac, bool Detached,
    int PinNumber, byte[]? NewSalt, byte[]? NewVerifier, byte[]? PinMac)
{
    internal Jwk Key => Jwk.Parse(PublicKey);

    internal byte[] CurrentSalt => NewSalt ?? PinSalt;

    internal byte[] CurrentVerifier => NewVerifier ?? PinVerifier;

    /// <summary>Whether the module wrote all of it.</summary>
    internal async ValueTask<bool> IsBoundAsync(ModuleCryptography module, CancellationToken ct) =>
        await module.IsBoundAsync(Bind(DeviceId, OwnerId, PublicKey, PinSalt, PinVerifier), RowMac, ct)
        && (PinNumber == 0 || await module.IsBoundAsync(BindPin(DeviceId, PinNumber, NewSalt!, NewVerifier!), PinMac, ct));

    internal static MacInput Bind(Guid deviceId, Guid ownerId, string publicKey, byte[] salt, byte[] verifier) =>
        new MacInput("device.1").Add(deviceId).Add(ownerId).Add(publicKey).Add(salt).Add(verifier);

    internal static MacInput BindPin(Guid deviceId, int number, byte[] salt, byte[] verifier) =>
        new MacInput("pin-change.1").Add(deviceId).Add(number).Add(salt).Add(verifier);

    internal static MacInput PinInput(Guid deviceId, byte[] salt, string pin) => new MacInput("pin.1").Add(deviceId).Add(salt).Add(pin);

    internal static Task<Device?> FindAsync(NpgsqlConnection connection, Guid deviceId, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<Device>(new CommandDefinition("""
            select d.device_id, d.owner_id, d.public_key, d.pin_salt, d.pin_verifier, d.row_mac, t.device_id is not null as detached,
                coalesce(p.number, 0) as pin_number, p.pin_salt as new_salt, p.pin_verifier as new_verifier, p.mac as pin_mac
            from device d
            left join detachment t using (device_id)
            left join lateral (select number, pin_salt, pin_verifier, mac from pin_change where device_id = d.device_id order by number desc limit 1) p on true
            where d.device_id = @deviceId
            """, new { deviceId }, cancellationToken: ct));
}
