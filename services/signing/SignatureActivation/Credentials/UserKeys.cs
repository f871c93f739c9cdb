using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Pki;
using Pechat.Pkcs11;
using Pechat.SignatureActivation.Keys;

namespace Pechat.SignatureActivation.Credentials;

/// <summary>A pair just made, or taken from the spare ones.</summary>
/// <param name="PublicKey">SubjectPublicKeyInfo.</param>
/// <param name="Wrapped">PKCS#8 under the KEK.</param>
/// <param name="KekGeneration">Which KEK.</param>
/// <param name="Handle">The private key; its user destroys it.</param>
internal sealed record NewKey(byte[] PublicKey, byte[] Wrapped, int KekGeneration, TokenKey Handle);

/// <summary>A user's key, unwrapped into the HSM.</summary>
internal sealed record UserKey(Guid CredentialId, Guid OwnerId, TokenKey Key, SubjectPublicKey PublicKey)
{
    /// <summary>Loans under way; guarded by the lock of <see cref="UserKeys"/>.</summary>
    internal int Loans { get; set; }

    /// <summary>Whether it was evicted, and is destroyed when its last loan ends.</summary>
    internal bool Evicted { get; set; }
}

/// <summary>
/// Users' keys, unwrapped on demand and lent. The most recently used stay; the handle of an evicted key is destroyed when nobody uses it any
/// more, never under a caller, because an HSM may give its number to another user's key.
/// </summary>
internal sealed class UserKeys(NpgsqlDataSource db, TokenPool pool, ModuleCryptography module, SignatureActivationOptions options)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, LinkedListNode<UserKey>> _byId = [];
    private readonly LinkedList<UserKey> _recent = new(); // first: used last

    internal int Cached
    {
        get
        {
            lock (_lock)
                return _byId.Count;
        }
    }

    /// <summary>Generates a pair in the HSM and wraps the private half, in one loan of a session.</summary>
    internal ValueTask<NewKey> GenerateAsync(KeyAlgorithm algorithm, CancellationToken ct)
    {
        int generation = module.Keys.Keks.Current;
        return pool.RunAsync((PairAlgorithm(algorithm), module.Keys.Keks.CurrentKey, generation), static (session, s) =>
        {
            (KeyPairAlgorithm pairAlgorithm, TokenKey kek, int generation) = s;
            TokenKeyPair pair = session.GenerateKeyPair(pairAlgorithm, label: null,
                KeyAttribute.Sign(true), KeyAttribute.Sensitive(true), KeyAttribute.Extractable(true)); // extractable: under the KEK
            return new NewKey(pair.PublicKeyInfo, session.Wrap(kek, Mechanism.AesKeyWrapPad, pair.PrivateKey), generation, pair.PrivateKey);
        }, TokenPriority.Background, ct);
    }

    /// <summary>Unwraps a key that is not a user's yet.</summary>
    internal async Task<NewKey> UnwrapAsync(SpareKey spare, CancellationToken ct) => new(spare.PublicKey, spare.WrappedKey, spare.KekGeneration,
        await pool.UnwrapPrivateKeyAsync(await module.Keys.Keks.GetAsync(spare.KekGeneration, ct), Mechanism.AesKeyWrapPad, spare.WrappedKey,
            CredentialRow.TypeOf((KeyAlgorithm)spare.Algorithm), ct));

    /// <summary>Lends the key of a credential; the caller gives it back to <see cref="ReturnAsync"/>.</summary>
    /// <returns>Null when there is no such credential.</returns>
    /// <exception cref="FaultException">key_binding_broken: the row is not as the module wrote it.</exception>
    internal async Task<UserKey?> LendAsync(Guid credentialId, CancellationToken ct)
    {
        lock (_lock)
        {
            if (_byId.TryGetValue(credentialId, out LinkedListNode<UserKey>? node))
            {
                _recent.Remove(node);
                _recent.AddFirst(node);
                node.Value.Loans++;
                return node.Value;
            }
        }
        CredentialRow? row;
        await using (NpgsqlConnection connection = await db.OpenConnectionAsync(ct))
            row = await CredentialRow.FindAsync(connection, credentialId, ct);
        return row is null ? null : await KeepAsync(await UnwrapAsync(row, ct));
    }

    /// <summary>Ends a loan.</summary>
    internal async Task ReturnAsync(UserKey key)
    {
        bool last;
        lock (_lock)
            last = --key.Loans == 0 && key.Evicted;
        if (last)
            await pool.DestroyAsync(key.Key);
    }

    /// <summary>Takes a key out of the cache that was lost with the HSM's sessions, so that the next loan unwraps it again.</summary>
    internal void Forget(UserKey lost)
    {
        lock (_lock)
        {
            if (_byId.TryGetValue(lost.CredentialId, out LinkedListNode<UserKey>? node) && ReferenceEquals(node.Value, lost))
                Evict(node);
        }
    }

    /// <summary>Drops a key whose credential was destroyed; the handle is destroyed when nobody uses it any more.</summary>
    internal async Task EvictAsync(Guid credentialId)
    {
        UserKey? idle = null;
        lock (_lock)
        {
            if (_byId.TryGetValue(credentialId, out LinkedListNode<UserKey>? node) && Evict(node) is { Loans: 0 } evicted)
                idle = evicted;
        }
        if (idle is not null)
            await pool.DestroyAsync(idle.Key);
    }

    private async Task<UserKey> UnwrapAsync(CredentialRow row, CancellationToken ct)
    {
        if (row.IsDestroyed)
            throw FaultException.Conflict("credential_destroyed", "the key was destroyed");
        if (!await module.IsBoundAsync(row.Binding, row.RowMac, ct))
            throw FaultException.Forbidden("key_binding_broken", "the stored key does not belong to this credential");
        TokenKey kek = await module.Keys.Keks.GetAsync(row.KekGeneration, ct);
        TokenKey key = await pool.UnwrapPrivateKeyAsync(kek, Mechanism.AesKeyWrapPad, row.WrappedKey, row.Type, ct);
        return new(row.CredentialId, row.OwnerId, key, SubjectPublicKey.Parse(row.PublicKey));
    }

    private async Task<UserKey> KeepAsync(UserKey key)
    {
        UserKey? idle = null;
        UserKey kept = key;
        lock (_lock)
        {
            if (_byId.TryGetValue(key.CredentialId, out LinkedListNode<UserKey>? other))
            {
                (kept, idle) = (other.Value, key); // two callers unwrapped it at once
            }
            else
            {
                _byId[key.CredentialId] = _recent.AddFirst(key);
                if (_byId.Count > options.KeyCacheCapacity && Evict(_recent.Last!) is { Loans: 0 } evicted)
                    idle = evicted;
            }
            kept.Loans++;
        }
        if (idle is not null)
            await pool.DestroyAsync(idle.Key);
        return kept;
    }

    private UserKey Evict(LinkedListNode<UserKey> node)
    {
        _recent.Remove(node);
        _byId.Remove(node.Value.CredentialId);
        node.Value.Evicted = true;
        return node.Value;
    }

    /// <exception cref="FaultException">invalid_request: unknown.</exception>
    internal static KeyPairAlgorithm PairAlgorithm(KeyAlgorithm algorithm) => algorithm switch
    {
        KeyAlgorithm.P256 => KeyPairAlgorithm.P256,
        KeyAlgorithm.P384 => KeyPairAlgorithm.P384,
        KeyAlgorithm.Rsa2048 => KeyPairAlgorithm.Rsa2048,
        KeyAlgorithm.Rsa3072 => KeyPairAlgorithm.Rsa3072,
        KeyAlgorithm.Rsa4096 => KeyPairAlgorithm.Rsa4096,
        _ => throw FaultException.Invalid("invalid_request", "the key algorithm is unknown"),
    };
}
