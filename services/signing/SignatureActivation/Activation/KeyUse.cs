using Pechat.Pki;
using Pechat.Pkcs11;
using Pechat.SignatureActivation.Credentials;

namespace Pechat.SignatureActivation.Activation;

/// <summary>Signs digests with a user's key, all or none.</summary>
internal sealed class KeyUse(TokenPool pool, SignatureAlgorithm algorithm, IReadOnlyList<byte[]> digests)
{
    internal SignatureAlgorithm Algorithm => algorithm;

    /// <summary>What the key signs.</summary>
    internal IReadOnlyList<byte[]> Digests => digests;

    /// <summary>How long one signature takes, in signatures on P-256.</summary>
    internal int Weight => algorithm.Scheme == SignatureScheme.Ecdsa ? 1 : 20;

    /// <summary>Signatures as they are released: ECDSA as DER.</summary>
    internal byte[][] Signatures { get; } = new byte[digests.Count][];

    /// <summary>
    /// Whether all signatures were made. Before that none can have left: C_Sign gives a signature or an error to this process and nobody else
    /// (PKCS#11 v2.40 §5.11), and those of a call that failed half-way are dropped here.
    /// </summary>
    internal bool HasSigned { get; private set; }

    /// <summary>Signs all digests and makes the signatures ready for release.</summary>
    internal async Task SignAsync(UserKey key, CancellationToken ct)
    {
        HasSigned = await SignWithAsync(key, ct);
        for (int i = 0; i < Signatures.Length; i++)
            Release(key, i);
    }

    private ValueTask<bool> SignWithAsync(UserKey key, CancellationToken ct) => pool.RunAsync((use: this, key.Key), static (session, s) =>
    {
        for (int i = 0; i < s.use.Signatures.Length; i++)
            s.use.SignOne(session, s.Key, i);
        return true;
    }, TokenPriority.Interactive, ct);

    private void SignOne(TokenSession session, TokenKey key, int index)
    {
        if (Signatures[index] is not null)
            return; // the pool repeats the work after it has healed the log-in
        (Mechanism mechanism, byte[] input) = algorithm.Scheme switch
        {
            SignatureScheme.Ecdsa => (Mechanism.Ecdsa, digests[index]),
            SignatureScheme.RsaPkcs1 => (Mechanism.RsaPkcs1, algorithm.Digest.DigestInfo(digests[index])),
            _ => (Mechanism.RsaPss(algorithm.Digest.Name, algorithm.SaltLength), digests[index]),
        };
        Signatures[index] = session.Sign(key, mechanism, input);
    }

    private void Release(UserKey key, int index)
    {
        if (algorithm.Scheme == SignatureScheme.Ecdsa)
            Signatures[index] = EcdsaValue.ToDer(Signatures[index]);
        else if (!key.PublicKey.VerifyHash(algorithm, digests[index], Signatures[index]))
            throw new InvalidOperationException("the HSM made a wrong RSA signature"); // it could reveal the key (fault attack)
    }
}
