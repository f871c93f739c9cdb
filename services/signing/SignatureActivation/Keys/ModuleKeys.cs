using System.Security.Cryptography;
using Pechat.Hsm;
using Pechat.Pkcs11;
using Pechat.Pki;
using Pechat.SignatureActivation.Jose;

namespace Pechat.SignatureActivation.Keys;

/// <summary>The module's own keys, which never leave the HSM.</summary>
/// <param name="Keks">AES-256; wrap users' keys and do nothing else.</param>
/// <param name="RowBinding">HMAC; authenticates rows of the database.</param>
/// <param name="PinVerifier">HMAC; makes PIN verifiers, so that a stolen database allows no guessing.</param>
/// <param name="PinEncryption">ECDH on P-256; decrypts PINs.</param>
/// <param name="Log">ECDSA on P-256; signs checkpoints of the tamper-evident log.</param>
/// <param name="LogPublicKey">Its SubjectPublicKeyInfo.</param>
/// <param name="EncryptionKey">Public half of <paramref name="PinEncryption"/>.</param>
internal sealed record ModuleKeys(KekRing Keks, TokenKey RowBinding, TokenKey PinVerifier, TokenKey PinEncryption, HsmSigner Log, byte[] LogPublicKey, Jwk EncryptionKey)
{
    private const string RowLabel = "sam-row-binding", PinLabel = "sam-pin-verifier", EncryptionLabel = "sam-pin-encryption", LogLabel = "sam-log";

    /// <summary>Makes the keys that are missing; those that exist are left alone, so it may run again.</summary>
    /// <returns>Labels of the keys made now.</returns>
    internal static async Task<IReadOnlyList<string>> InitializeAsync(TokenPool pool, CancellationToken ct)
    {
        List<string> made = [];
        var keks = new KekRing(pool);
        await keks.RefreshAsync(ct);
        if (keks.Current == 0)
            made.Add(await keks.MakeNextAsync(ct));
        foreach (string label in new[] { RowLabel, PinLabel })
        {
            if (await pool.FindKeyAsync(label, ObjectClass.SecretKey, ct) is not null)
                continue;
            await pool.GenerateHmacKeyAsync(label, ct);
            made.Add(label);
        }
        if (await pool.FindKeyAsync(EncryptionLabel, ct: ct) is null)
        {
            await pool.RunAsync(EncryptionLabel, static (session, label) => session.GenerateKeyPair(KeyPairAlgorithm.P256, label,
                KeyAttribute.Derive(true), KeyAttribute.Sensitive(true), KeyAttribute.Extractable(false)), ct: ct);
            made.Add(EncryptionLabel);
        }
        if (await pool.FindKeyAsync(LogLabel, ct: ct) is null)
        {
            await pool.GenerateKeyPairAsync(KeyPairAlgorithm.P256, LogLabel, ct);
            made.Add(LogLabel);
        }
        return made;
    }

    /// <exception cref="InvalidOperationException">A key is missing: run the verb <c>init</c>.</exception>
    internal static async Task<ModuleKeys> LoadAsync(TokenPool pool, CancellationToken ct)
    {
        byte[] encryption = await pool.FindPublicKeyAsync(EncryptionLabel, ct) ?? throw Missing(EncryptionLabel);
        (HsmSigner Signer, SubjectPublicKey PublicKey) log = await HsmSigner.FindAsync(pool, LogLabel, ct) ?? throw Missing(LogLabel);
        var keks = new KekRing(pool);
        await keks.RefreshAsync(ct);
        return keks.Current == 0 ? throw Missing(KekRing.Label(1)) : new(keks, await Find(RowLabel, ObjectClass.SecretKey), await Find(PinLabel, ObjectClass.SecretKey),
            await Find(EncryptionLabel, ObjectClass.PrivateKey), log.Signer, log.PublicKey.Encoded.ToArray(), Jwk.FromPublicKeyInfo(encryption));

        async Task<TokenKey> Find(string label, ObjectClass objectClass) => await pool.FindKeyAsync(label, objectClass, ct) ?? throw Missing(label);
    }

    private static InvalidOperationException Missing(string label) => new($"the token has no key {label}: run the verb init first");
}

/// <summary>What the module does with its own keys.</summary>
internal sealed class ModuleCryptography(TokenPool pool, ModuleKeys keys)
{
    internal ModuleKeys Keys => keys;

    /// <summary>HMAC that binds a row together.</summary>
    internal ValueTask<byte[]> BindAsync(MacInput input, CancellationToken ct) => pool.HmacAsync(keys.RowBinding, input.ToArray(), ct);

    /// <summary>Whether a row is as the module wrote it.</summary>
    internal async ValueTask<bool> IsBoundAsync(MacInput input, ReadOnlyMemory<byte> mac, CancellationToken ct) =>
        CryptographicOperations.FixedTimeEquals(await BindAsync(input, ct), mac.Span);

    internal ValueTask<byte[]> PinMacAsync(MacInput input, CancellationToken ct) => pool.HmacAsync(keys.PinVerifier, input.ToArray(), ct);

    internal ValueTask<byte[]> RandomAsync(int length, CancellationToken ct) => pool.RandomAsync(length, ct);

    /// <summary>Decrypts a message to <see cref="ModuleKeys.EncryptionKey"/>; the key agreement runs in the HSM.</summary>
    /// <exception cref="JoseException">Malformed, or encrypted to another key.</exception>
    internal async ValueTask<T> DecryptAsync<T>(string compact, CancellationToken ct) where T : class
    {
        Jwe jwe = Jwe.Parse(compact);
        if (jwe.KeyId is not null && jwe.KeyId != keys.EncryptionKey.Thumbprint)
            throw new JoseException("the message is encrypted to another key");
        byte[] plaintext = jwe.Decrypt(await pool.DeriveSharedSecretAsync(keys.PinEncryption, jwe.EphemeralKey.Point, 32, ct));
        try
        {
            return StrictJson.Read<T>(plaintext);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }
}
