using Pechat.Pki;
using Pechat.Pkcs11;
using Pechat.SignatureActivation.Credentials;

namespace Pechat.SignatureActivation.Activation;

/// <summary>Signs digests with a user's key and knows, when it fails, for which of them a signature may exist.</summary>
internal sealed class KeyUse(TokenPool pool, SignatureAlgorithm algorithm, IReadOnlyList<byte[]> digests)
{
    private readonly bool[] _touched = new bool[digests.Count];

    /// <summary>Signatures as they are released: ECDSA as DER.</summary>
    internal byte[][] Signatures { get; } = new byte[digests.Count][];

    /// <summary>Whether a signature of this digest exists or may exist.</summary>
    internal bool MayExist(int index) => _touched[index];

    /// <summary>Signs all digests and makes the signatures ready for release.</summary>
    internal async Task SignAsync(UserKey key, CancellationToken ct)
    {
        await SignWithAsync(key, ct);
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
        bool before = _touched[index];
        _touched[index] = true;
        try
        {
            (Mechanism mechanism, byte[] input) = algorithm.Scheme switch
            {
                SignatureScheme.Ecdsa => (Mechanism.Ecdsa, digests[index]),
                SignatureScheme.RsaPkcs1 => (Mechanism.RsaPkcs1, algorithm.Digest.DigestInfo(digests[index])),
                _ => (Mechanism.RsaPss(algorithm.Digest.Name, algorithm.SaltLength), digests[index]),
            };
            Signatures[index] = session.Sign(key, mechanism, input);
        }
        catch (Pkcs11Exception failure) when (failure.Function != "C_Sign")
        {
            _touched[index] = before; // refused before the device got the digest
            throw;
        }
    }

    private void Release(UserKey key, int index)
    {
        if (algorithm.Scheme == SignatureScheme.Ecdsa)
            Signatures[index] = EcdsaValue.ToDer(Signatures[index]);
        else if (!key.PublicKey.VerifyHash(algorithm, digests[index], Signatures[index]))
            throw new InvalidOperationException("the HSM made a wrong RSA signature"); // it could reveal the key (fault attack)
    }
}
