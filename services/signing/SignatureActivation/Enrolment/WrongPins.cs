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

    /// <summary>Remembers that there are so many; may run again.</summary>
    /// <remarks>Takes no cancellation: a wrong PIN is never forgotten because the caller hung up.</remarks>
    internal async Task RememberAsync(Guid deviceId, int count) => await pool.RunAsync((deviceId, count), static (session, s) =>
    {
        for (int number = 1; number <= s.count; number++)
        {
            if (session.FindKey(Label(s.deviceId, number), ObjectClass.SecretKey) is null)
                session.GenerateSecret(KeyType.GenericSecret, 16, Label(s.deviceId, number), KeyAttribute.Sensitive(true), KeyAttribute.Extractable(false));
        }
        return s.count;
    });

    /// <summary>Forgets them, the newest first, so that a crash in between leaves the rest countable.</summary>
    internal async Task ForgetAsync(List<TokenKey> remembered)
    {
        foreach (TokenKey key in Enumerable.Reverse(remembered))
            await pool.DestroyAsync(key);
    }

    private static string Label(Guid deviceId, int number) => $"sam-wrong-pin {deviceId} {number}";
}
