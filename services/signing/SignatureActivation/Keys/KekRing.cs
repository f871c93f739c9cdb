using System.Collections.Concurrent;
using Pechat.Pkcs11;

namespace Pechat.SignatureActivation.Keys;

/// <summary>The generations of the AES key that wraps users' keys. New wrapping uses the highest; every one that the token has unwraps.</summary>
internal sealed class KekRing(TokenPool pool)
{
    private const int Gap = 8; // generations may be missing between those that stay: they were retired

    private readonly ConcurrentDictionary<int, TokenKey> _keys = new();
    private volatile int _current;

    /// <summary>The generation that wraps; 0 while the token has none.</summary>
    internal int Current => _current;

    internal TokenKey CurrentKey => _keys[_current];

    internal static string Label(int generation) => generation == 1 ? "sam-kek" : $"sam-kek-{generation}";

    /// <summary>Finds generations that were made since, by this process or another.</summary>
    internal async Task RefreshAsync(CancellationToken ct)
    {
        for (int generation = _current + 1, missed = 0; missed < Gap; generation++)
        {
            if (await pool.FindKeyAsync(Label(generation), ObjectClass.SecretKey, ct) is not { } key)
            {
                missed++;
                continue;
            }
            (_keys[generation], missed) = (key, 0);
            _current = Math.Max(_current, generation);
        }
    }

    /// <summary>The key that unwraps what a generation wrapped.</summary>
    /// <exception cref="InvalidOperationException">The token has no such generation: it was retired before everything was wrapped again.</exception>
    internal async ValueTask<TokenKey> GetAsync(int generation, CancellationToken ct)
    {
        if (!_keys.ContainsKey(generation))
            await RefreshAsync(ct);
        return _keys.TryGetValue(generation, out TokenKey? key)
            ? key
            : throw new InvalidOperationException($"the token has no key {Label(generation)}");
    }

    /// <summary>Makes the next generation. Part of the key ceremony.</summary>
    /// <returns>Its label.</returns>
    internal async Task<string> MakeNextAsync(CancellationToken ct)
    {
        await RefreshAsync(ct);
        string label = Label(_current + 1);
        await pool.RunAsync(label, static (session, label) => session.GenerateSecret(KeyType.Aes, 32, label,
            KeyAttribute.Wrap(true), KeyAttribute.Unwrap(true), KeyAttribute.Sensitive(true), KeyAttribute.Extractable(false)), ct: ct);
        await RefreshAsync(ct);
        return label;
    }
}
