using Pechat.Pkcs11;
using Pechat.Pki;

namespace Pechat.Hsm;

/// <summary>Signs certificates, status and tokens with a labelled key that never leaves the token. Safe for many threads.</summary>
/// <param name="pool">The token.</param>
/// <param name="key">A labelled private key; the pool finds it again after the token restarted.</param>
/// <param name="algorithm">What to sign with; must fit the key.</param>
/// <param name="priority">Who goes first when callers wait for a session.</param>
public sealed class HsmSigner(TokenPool pool, TokenKey key, SignatureAlgorithm algorithm, TokenPriority priority = TokenPriority.Normal) : ISigner
{
    /// <inheritdoc/>
    public SignatureAlgorithm Algorithm => algorithm;

    /// <summary>The signer of a labelled key, with the hash that its strength asks for (TS 119 312).</summary>
    /// <param name="pool">The token.</param>
    /// <param name="label">Label of the key pair; the public key object stands beside the private one.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <returns>Signer and public key; null when the token has no such key pair.</returns>
    /// <exception cref="Pkcs11Exception">The token does not answer.</exception>
    public static async ValueTask<(HsmSigner Signer, SubjectPublicKey PublicKey)?> FindAsync(TokenPool pool, string label, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(pool);
        if (await pool.FindKeyAsync(label, ct: ct).ConfigureAwait(false) is not { } key
            || await pool.FindPublicKeyAsync(label, ct).ConfigureAwait(false) is not { } info)
            return null;
        SubjectPublicKey publicKey = SubjectPublicKey.Parse(info);
        return (new HsmSigner(pool, key, AlgorithmOf(publicKey)), publicKey);
    }

    /// <summary>The signature algorithm that fits a public key: ECDSA with the hash of the curve's strength, RSA with SHA-256.</summary>
    /// <param name="key">The key.</param>
    public static SignatureAlgorithm AlgorithmOf(SubjectPublicKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (key.RsaModulusBits is not null)
            return SignatureAlgorithm.RsaSha256;
        return key.Curve == Oids.CurveP384 ? SignatureAlgorithm.EcdsaSha384 : SignatureAlgorithm.EcdsaSha256;
    }

    /// <inheritdoc/>
    /// <exception cref="Pkcs11Exception">The token does not answer.</exception>
    /// <exception cref="TokenBusyException">Too many callers wait.</exception>
    public async ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        byte[] digest = algorithm.Digest.Hash(data.Span);
        (Mechanism mechanism, byte[] input) = algorithm.Scheme switch
        {
            SignatureScheme.Ecdsa => (Mechanism.Ecdsa, digest),
            SignatureScheme.RsaPkcs1 => (Mechanism.RsaPkcs1, algorithm.Digest.DigestInfo(digest)),
            _ => (Mechanism.RsaPss(algorithm.Digest.Name), digest),
        };
        byte[] signature = await pool.SignAsync(key, mechanism, input, priority, ct).ConfigureAwait(false);
        return algorithm.Scheme == SignatureScheme.Ecdsa ? EcdsaValue.ToDer(signature) : signature;
    }
}
