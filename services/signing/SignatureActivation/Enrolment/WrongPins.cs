using Pechat.Pkcs11;

namespace Pechat.SignatureActivation.Enrolment;

/// <summary>
/// The wrong PINs that the HSM remembers: one token object each, until a right PIN or a new one forgives them. Whoever rolls the database
/// back does not roll them back.
/// </summary>
/// <remarks>Only devices with wrong PINs have objects, so the token stays small. Each is a secret that nobody uses: PKCS#11 has no counter.</remarks>
internal sealed class WrongPins(TokenPool pool)
{
    /// <summary>What the HSM remembers of a device, the oldest first.</summary>
    internal ValueTask<List<TokenKey>> FindAsync(Guid deviceId, CancellationToken ct) => pool.RunAsync(deviceId, static (session, id) =>
    {
        List<TokenKey> found = [];
        while (session.FindKey(Label(id, found.Count + 1), ObjectClass.SecretKey) is { } key)
            found.Add(key);
        return found;
    }, ct: ct);

    /// <summary>Remembers one more.</summary>
    /// <param name="deviceId">The device.</param>
    /// <param name="number">How many there are then.</param>
    /// <remarks>Takes no cancellation: a wrong PIN is never forgotten because the caller hung up.</remarks>
    internal async Task AddAsync(Guid deviceId, int number) => await pool.RunAsync(Label(deviceId, number), static (session, label) =>
        session.FindKey(label, ObjectClass.SecretKey) ?? session.GenerateSecret(KeyType.GenericSecret, 16, label,
            KeyAttribute.Sensitive(true), KeyAttribute.Extractable(false)));

    /// <summary>Forgets them, the newest first, so that a crash in between leaves the rest countable.</summary>
    internal async Task ForgetAsync(List<TokenKey> remembered)
    {
        foreach (TokenKey key in Enumerable.Reverse(remembered))
            await pool.DestroyAsync(key);
    }

    private static string Label(Guid deviceId, int number) => $"sam-wrong-pin {deviceId} {number}";
}
