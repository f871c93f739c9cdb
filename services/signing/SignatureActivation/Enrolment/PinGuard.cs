using System.Security.Cryptography;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.SignatureActivation.Keys;

namespace Pechat.SignatureActivation.Enrolment;

/// <summary>Verifies PINs and counts the wrong ones.</summary>
internal sealed class PinGuard(NpgsqlDataSource db, ModuleCryptography module, TimeProvider clock) : IDisposable
{
    // Confirmations of one device wait for each other: five right PINs under way at once would look like five open attempts.
    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, 64).Select(_ => new SemaphoreSlim(1))];

    /// <summary>Wrong PINs in a row that lock a device .</summary>
    internal const int MaxFailures = 5;

    private static readonly FaultException Locked = FaultException.Forbidden("device_locked", "too many wrong PINs: the device is locked");

    private sealed record Success(int Number, byte[] Mac);

    /// <summary>Returns when the PIN is right.</summary>
    /// <param name="device">The device, whose row has been verified.</param>
    /// <param name="pin">What the user entered.</param>
    /// <param name="messageHash">SHA-256 of the signed message that carries it: the same message is tried once.</param>
    /// <param name="ct">Ends the call before the attempt is counted.</param>
    /// <exception cref="FaultException">invalid_pin, device_locked, or invalid_activation for a message that was tried before.</exception>
    internal async Task VerifyAsync(Device device, string pin, byte[] messageHash, CancellationToken ct)
    {
        SemaphoreSlim turn = _turns[(uint)device.DeviceId.GetHashCode() % _turns.Length];
        await turn.WaitAsync(ct);
        try
        {
            await VerifyInTurnAsync(device, pin, messageHash, ct);
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => Array.ForEach(_turns, turn => turn.Dispose());

    private async Task VerifyInTurnAsync(Device device, string pin, byte[] messageHash, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        int forgiven = await ForgivenAsync(connection, device, ct);
        // Step 1: count the attempt and commit, so that neither a crash nor many calls at once give a free guess.
        int number = await CountAsync(connection, device, forgiven, messageHash, ct);
        // Step 2: verify.
        byte[] verifier = await module.PinMacAsync(Device.PinInput(device.DeviceId, device.PinSalt, pin), CancellationToken.None);
        if (!CryptographicOperations.FixedTimeEquals(verifier, device.PinVerifier))
        {
            throw number - forgiven >= MaxFailures ? Locked
                : FaultException.Unauthenticated("invalid_pin", $"the PIN is wrong; {MaxFailures - (number - forgiven)} tries are left");
        }
        // Step 3: forgive what came before.
        byte[] mac = await module.BindAsync(SuccessInput(device.DeviceId, number), CancellationToken.None);
        await connection.ExecuteAsync("insert into pin_success (device_id, number, mac) values (@DeviceId, @number, @mac)",
            new { device.DeviceId, number, mac });
    }

    private async Task<int> ForgivenAsync(NpgsqlConnection connection, Device device, CancellationToken ct)
    {
        Success? last = await connection.QuerySingleOrDefaultAsync<Success>(new CommandDefinition(
            "select number, mac from pin_success where device_id = @DeviceId order by number desc limit 1", new { device.DeviceId }, cancellationToken: ct));
        if (last is null)
            return 0;
        if (!await module.IsBoundAsync(SuccessInput(device.DeviceId, last.Number), last.Mac, ct))
            throw new InvalidOperationException($"a PIN success of device {device.DeviceId} was not written by this module");
        return last.Number;
    }

    private async Task<int> CountAsync(NpgsqlConnection connection, Device device, int forgiven, byte[] messageHash, CancellationToken ct)
    {
        while (true)
        {
            int number = await connection.ExecuteScalarAsync<int>(new CommandDefinition(
                "select coalesce(max(number), 0) from pin_attempt where device_id = @DeviceId", new { device.DeviceId }, cancellationToken: ct)) + 1;
            if (number - forgiven > MaxFailures)
                throw Locked;
            try
            {
                await connection.ExecuteAsync(new CommandDefinition("""
                    insert into pin_attempt (device_id, number, message_hash, attempted_at) values (@DeviceId, @number, @messageHash, @now)
                    """, new { device.DeviceId, number, messageHash, now = clock.GetUtcNow() }, cancellationToken: ct));
                return number;
            }
            catch (PostgresException exception) when (exception is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "pin_attempt_pkey" })
            {
                continue; // another call took this number
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
            {
                throw FaultException.Forbidden("invalid_activation", "this message was tried before");
            }
        }
    }

    private static MacInput SuccessInput(Guid deviceId, int number) => new MacInput("pin-success.1").Add(deviceId).Add(number);
}
