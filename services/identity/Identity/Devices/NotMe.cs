using System.Buffers.Text;
using System.Security.Cryptography;
using Dapper;
using Npgsql;
using Pechat.Hosting;
using Pechat.Identity.OAuth;
using Pechat.Identity.Profile;
using Pechat.Persistence;

namespace Pechat.Identity.Devices;

/// <summary>
/// "This was not me" (R-125, AC-154): whoever gets the notice of a new device can lock the profile and detach that device, and nothing
/// else, with the link in it. The link is derived when the notice is written, so that no broker or database holds it.
/// </summary>
internal sealed class NotMe(NpgsqlDataSource db, DeviceEnd devices, ProfileLock profile, SigningKeys keys, HostingOptions hosting, TimeProvider clock)
{
    /// <summary>How long after the binding the link works.</summary>
    internal static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    private const int IdLength = 16;
    private const int MacLength = 16;
    private readonly byte[] _key = keys.Derive("pechat not-me links");

    /// <summary>The path below the public base.</summary>
    internal const string Path = "/identity/v1/not-me/";

    /// <summary>The link for the notice of a device.</summary>
    internal Uri LinkFor(Guid device) => new((hosting.PublicBase ?? "") + Path + TokenFor(device), UriKind.RelativeOrAbsolute);

    /// <summary>The device of a token; null when we did not make it.</summary>
    internal Guid? Read(string token)
    {
        if (token.Length != Base64Url.GetEncodedLength(IdLength + MacLength) || !Base64Url.IsValid(token))
            return null;
        byte[] bytes = Base64Url.DecodeFromChars(token);
        var device = new Guid(bytes.AsSpan(0, IdLength), bigEndian: true);
        return CryptographicOperations.FixedTimeEquals(bytes.AsSpan(IdLength), Mac(device)) ? device : null;
    }

    /// <summary>Ends the device and locks the profile; a device that ended before changes nothing.</summary>
    /// <returns>Whether the device is known and not bound too long ago.</returns>
    internal async Task<bool> RaiseAsync(Guid device, Guid? owner, string actor, CancellationToken ct)
    {
        DateTimeOffset now = clock.GetUtcNow();
        (Guid Customer, string State) found;
        await using (NpgsqlConnection connection = await db.OpenConnectionAsync(ct))
        {
            found = await connection.QuerySingleOrDefaultAsync<(Guid, string)>(new CommandDefinition(
                "select customer_id, state from device where id = @device and bound_at > @oldest and customer_id = coalesce(@owner, customer_id)",
                new { device, owner, oldest = now - Lifetime }, cancellationToken: ct));
        }
        if (found.Customer == Guid.Empty)
            return false;
        if (found.State is not ("Active" or "PinLocked"))
            return true;
        await devices.RevokeAsync(found.Customer, device, ct); // first where it matters
        await db.InTransactionAsync(async tx =>
        {
            await DeviceEnd.RecordAsync(tx, found.Customer, device, "Detached", actor, "not me", now, ct);
            await profile.LockAsync(tx, found.Customer, ProfileLock.ByCustomer, "not me", actor, now, ct);
        }, ct);
        return true;
    }

    private string TokenFor(Guid device) => Base64Url.EncodeToString([.. device.ToByteArray(bigEndian: true), .. Mac(device)]);

    private byte[] Mac(Guid device) => HMACSHA256.HashData(_key, device.ToByteArray(bigEndian: true))[..MacLength];
}
