using Microsoft.IdentityModel.Tokens;
using Pechat.Contracts;

namespace Pechat.Hosting;

/// <summary>Where the public keys of access tokens come from.</summary>
public interface ITokenKeys
{
    /// <summary>The key named <paramref name="kid"/>, or null when Identity has none of that name.</summary>
    /// <exception cref="FaultException">The keys cannot be had at the moment.</exception>
    Task<SecurityKey?> FindAsync(string? kid, CancellationToken ct);
}

/// <summary>The public keys of Identity (RFC 7517), read again every ten minutes and when a token names an unknown one. Thread-safe.</summary>
internal sealed class TokenKeys(IHttpClientFactory clients, TimeProvider clock) : ITokenKeys, IDisposable
{
    internal const string Path = "/oauth2/jwks";
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5); // unknown kids in a row must not become a flood of requests
    private readonly SemaphoreSlim _gate = new(1);
    private volatile KeySet? _keys;
    private long _askedAt;
    private bool _asked;

    /// <summary>The key named <paramref name="kid"/>, or null when Identity has none of that name.</summary>
    /// <exception cref="FaultException">Identity cannot be reached and the key is not known from before.</exception>
    public async Task<SecurityKey?> FindAsync(string? kid, CancellationToken ct)
    {
        if (string.IsNullOrEmpty(kid))
            return null;
        KeySet? keys = _keys;
        if (keys is not null && keys.ById.TryGetValue(kid, out SecurityKey? key) && clock.GetElapsedTime(keys.ReadAt) < MaxAge)
            return key;
        keys = await RefreshAsync(kid, ct);
        return keys.ById.GetValueOrDefault(kid);
    }

    public void Dispose() => _gate.Dispose();

    private async Task<KeySet> RefreshAsync(string kid, CancellationToken ct)
    {
        await _gate.WaitAsync(ct);
        try
        {
            bool fresh = _keys is not null && clock.GetElapsedTime(_keys.ReadAt) < MaxAge;
            if (fresh && _keys!.ById.ContainsKey(kid))
                return _keys; // another request brought it while this one waited
            if (_keys is not null && _asked && clock.GetElapsedTime(_askedAt) < Patience)
                return _keys;
            _asked = true;
            _askedAt = clock.GetTimestamp();
            try
            {
                return _keys = await ReadAsync(ct);
            }
            catch (Exception e) when (e is HttpRequestException or ArgumentException or TaskCanceledException && !ct.IsCancellationRequested)
            {
                // Keys known from before stay good while Identity is down.
                if (_keys is not null && _keys.ById.ContainsKey(kid))
                    return _keys;
                throw FaultException.Unavailable("temporarily_unavailable", "access tokens cannot be checked at the moment; try again", e);
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<KeySet> ReadAsync(CancellationToken ct)
    {
        using HttpClient client = clients.CreateClient("identity");
        string json = await client.GetStringAsync(new Uri(Path, UriKind.Relative), ct);
        var byId = new JsonWebKeySet(json).Keys
            .Where(k => k is { Kty: JsonWebAlgorithmsKeyTypes.EllipticCurve, Crv: JsonWebKeyECTypes.P256, Kid.Length: > 0 })
            .ToDictionary(k => k.Kid, k => (SecurityKey)k, StringComparer.Ordinal);
        return new(clock.GetTimestamp(), byId);
    }

    private sealed record KeySet(long ReadAt, IReadOnlyDictionary<string, SecurityKey> ById);
}
