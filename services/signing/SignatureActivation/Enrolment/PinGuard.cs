using System.Security.Cryptography;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Pkcs11;
using Pechat.SignatureActivation.Keys;

namespace Pechat.SignatureActivation.Enrolment;

/// <summary>Verifies and sets PINs and counts the wrong ones. One confirmation of a device at a time, whichever process it reaches.</summary>
internal sealed partial class PinGuard(
    NpgsqlDataSource db, ModuleCryptography module, WrongPins wrongPins, TimeProvider clock, ILogger<PinGuard> logger) : IDisposable
{
    /// <summary>Wrong PINs in a row that lock a device .</summary>
    internal const int MaxFailures = 5;

    private const int TurnSalt = 7; // keeps the database locks of this class apart from others

    // Who waits for a confirmation in this process does not hold a connection meanwhile.
    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, 64).Select(_ => new SemaphoreSlim(1))];

    private static readonly FaultException Locked = FaultException.Forbidden("device_locked", "too many wrong PINs: the device is locked");

    private sealed record Counter(int Attempts, int PinNumber, int? Forgiven, byte[]? Mac);

    /// <summary>Returns when the PIN is right.</summary>
    /// <param name="device">The device, whose row has been verified.</param>
    /// <param name="pin">What the user entered.</param>
    /// <param name="messageHash">SHA-256 of the encrypted PIN: it is counted once, however often a lost answer or the HSM makes somebody send it.</param>
    /// <param name="ct">Ends the call before the attempt is counted.</param>
    /// <exception cref="FaultException">invalid_pin, device_locked, pin_changed, or invalid_activation for a message that another device tried.</exception>
    internal Task VerifyAsync(Device device, string pin, byte[] messageHash, CancellationToken ct) => InTurnAsync(device, async connection =>
    {
        (int attempts, int forgiven) = await ReadAsync(connection, device, ct);
        List<TokenKey> remembered = await wrongPins.FindAsync(device.DeviceId, ct);
        if (attempts - forgiven < remembered.Count)
            CounterRolledBack(logger, device.DeviceId);
        if (Math.Max(attempts - forgiven, remembered.Count) >= MaxFailures || attempts - forgiven < remembered.Count)
            throw Locked;
        // Step 1: count the attempt and commit, so that neither a crash nor many calls at once give a free guess.
        int number = await CountAsync(connection, device, attempts + 1, messageHash, ct);
        // Step 2: verify; what is wrong is remembered by the HSM too.
        byte[] verifier = await module.PinMacAsync(Device.PinInput(device.DeviceId, device.CurrentSalt, pin), CancellationToken.None);
        if (!CryptographicOperations.FixedTimeEquals(verifier, device.CurrentVerifier))
        {
            int wrong = Math.Max(attempts, number) - forgiven;
            await wrongPins.RememberAsync(device.DeviceId, wrong);
            throw wrong >= MaxFailures ? Locked : FaultException.Unauthenticated("invalid_pin", $"the PIN is wrong; {MaxFailures - wrong} tries are left");
        }
        // Step 3: forgive what came before.
        await wrongPins.ForgetAsync(remembered);
        byte[] mac = await module.BindAsync(SuccessInput(device.DeviceId, number), CancellationToken.None);
        await connection.ExecuteAsync(ForgiveSql, new { device.DeviceId, number, mac });
        return 0;
    }, ct);

    /// <summary>Sets a new PIN and forgives all wrong ones.</summary>
    /// <param name="device">The device, whose row has been verified.</param>
    /// <param name="pin">The new PIN.</param>
    /// <param name="evidence">Identifier of the assertion that is used up by this; null when the present PIN was verified.</param>
    /// <param name="ct">Ends the call before anything is written.</param>
    /// <exception cref="FaultException">pin_changed; invalid_evidence for an assertion used before.</exception>
    internal Task SetAsync(Device device, string pin, string? evidence, CancellationToken ct) => InTurnAsync(device, async connection =>
    {
        (int attempts, _) = await ReadAsync(connection, device, ct);
        byte[] salt = await module.RandomAsync(16, ct);
        byte[] verifier = await module.PinMacAsync(Device.PinInput(device.DeviceId, salt, pin), ct);
        int number = device.PinNumber + 1;
        byte[] mac = await module.BindAsync(Device.BindPin(device.DeviceId, number, salt, verifier), ct);
        byte[] forgiveness = await module.BindAsync(SuccessInput(device.DeviceId, attempts), ct);
        await using NpgsqlTransaction tx = await connection.BeginTransactionAsync(ct);
        try
        {
            await connection.ExecuteAsync(new CommandDefinition("""
                insert into pin_change (device_id, number, pin_salt, pin_verifier, mac, set_at) values (@DeviceId, @number, @salt, @verifier, @mac, @now);
                insert into evidence (jti, device_id, used_at) select @evidence, @DeviceId, @now where @evidence is not null
                """, new { device.DeviceId, number, salt, verifier, mac, evidence, now = clock.GetUtcNow() }, tx, cancellationToken: ct));
            if (attempts > 0)
                await connection.ExecuteAsync(ForgiveSql, new { device.DeviceId, number = attempts, mac = forgiveness }, tx);
        }
        catch (PostgresException exception) when (exception is { SqlState: PostgresErrorCodes.UniqueViolation, TableName: "evidence" })
        {
            throw FaultException.Forbidden("invalid_evidence", "the evidence was used before");
        }
        await wrongPins.ForgetAsync(await wrongPins.FindAsync(device.DeviceId, ct)); // before the commit: dying in between leaves the device locked
        await tx.CommitAsync(CancellationToken.None);
        return 0;
    }, ct);

    public void Dispose() => Array.ForEach(_turns, turn => turn.Dispose());

    private const string ForgiveSql = "insert into pin_success (device_id, number, mac) values (@DeviceId, @number, @mac) on conflict do nothing";

    private async Task<T> InTurnAsync<T>(Device device, Func<NpgsqlConnection, Task<T>> work, CancellationToken ct)
    {
        SemaphoreSlim turn = _turns[(uint)device.DeviceId.GetHashCode() % _turns.Length];
        await turn.WaitAsync(ct);
        try
        {
            var key = new { key = device.DeviceId.ToString(), salt = TurnSalt };
            await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
            // Held over several transactions; it ends with the connection if the process dies.
            await connection.ExecuteAsync(new CommandDefinition("select pg_advisory_lock(hashtextextended(@key, @salt))", key, cancellationToken: ct));
            try
            {
                return await work(connection);
            }
            finally
            {
                if (connection.FullState == System.Data.ConnectionState.Open)
                    await connection.ExecuteAsync("select pg_advisory_unlock(hashtextextended(@key, @salt))", key);
            }
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<(int Attempts, int Forgiven)> ReadAsync(NpgsqlConnection connection, Device device, CancellationToken ct)
    {
        Counter counter = await connection.QuerySingleAsync<Counter>(new CommandDefinition("""
            select (select coalesce(max(number), 0) from pin_attempt where device_id = @DeviceId) as attempts,
                (select coalesce(max(number), 0) from pin_change where device_id = @DeviceId) as pin_number, s.number as forgiven, s.mac
            from (select 1) one
            left join lateral (select number, mac from pin_success where device_id = @DeviceId order by number desc limit 1) s on true
            """, new { device.DeviceId }, cancellationToken: ct));
        if (counter.PinNumber != device.PinNumber)
            throw FaultException.Conflict("pin_changed", "the PIN was changed meanwhile");
        if (counter.Forgiven is { } forgiven && !await module.IsBoundAsync(SuccessInput(device.DeviceId, forgiven), counter.Mac, ct))
            throw new InvalidOperationException($"a PIN success of device {device.DeviceId} was not written by this module");
        return (counter.Attempts, counter.Forgiven ?? 0);
    }

    /// <returns>The number of the attempt; the one it had when the same message was tried before.</returns>
    private async Task<int> CountAsync(NpgsqlConnection connection, Device device, int number, byte[] messageHash, CancellationToken ct) =>
        await connection.ExecuteScalarAsync<int?>(new CommandDefinition("""
            with counted as (
                insert into pin_attempt (device_id, number, message_hash, attempted_at) values (@DeviceId, @number, @messageHash, @now)
                on conflict (message_hash) do nothing
                returning number
            )
            select number from counted union all select number from pin_attempt where device_id = @DeviceId and message_hash = @messageHash
            """, new { device.DeviceId, number, messageHash, now = clock.GetUtcNow() }, cancellationToken: ct))
        ?? throw FaultException.Forbidden("invalid_activation", "another device tried this message");

    private static MacInput SuccessInput(Guid deviceId, int number) => new MacInput("pin-success.1").Add(deviceId).Add(number);

    [LoggerMessage(6003, LogLevel.Error, "The PIN counter of device {Device} was rolled back: the HSM remembers more wrong PINs than the database")]
    private static partial void CounterRolledBack(ILogger logger, Guid device);
}
