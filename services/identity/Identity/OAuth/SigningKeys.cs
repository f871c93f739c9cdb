using System.Security.Cryptography;
using System.Text.Json;
using Pechat.Hosting.Jose;

namespace Pechat.Identity.OAuth;

/// <summary>
/// The keys of access tokens. A roll-over needs no restart at the moment itself: the second key is published at once, signs from its time on,
/// and the first is published until the last token that it signed has expired.
/// </summary>
internal sealed class SigningKeys : IDisposable
{
    private readonly IdentityOptions _options;
    private readonly TimeProvider _clock;
    private readonly ECDsa _first;
    private readonly ECDsa? _second;
    private readonly EcPublicKey[] _public;

    public SigningKeys(IdentityOptions options, TimeProvider clock)
    {
        (_options, _clock) = (options, clock);
        _first = Load(options.TokenKeyFile);
        _second = options.SecondTokenKeyFile is { Length: > 0 } second ? Load(second) : null;
        _public = _second is null ? [EcPublicKey.From(_first)] : [EcPublicKey.From(_first), EcPublicKey.From(_second)];
    }

    /// <summary>All public keys that tokens may be signed with now, the signing one first.</summary>
    public IReadOnlyList<EcPublicKey> Published
    {
        get
        {
            if (!SecondSigns)
                return _public;
            TimeSpan longest = _options.AccessTokenLifetime > _options.DeviceTokenLifetime ? _options.AccessTokenLifetime : _options.DeviceTokenLifetime;
            return _clock.GetUtcNow() >= _options.SecondTokenKeySignsFrom + longest + Margin ? [_public[1]] : [_public[1], _public[0]];
        }
    }

    /// <summary>The JWK set (RFC 7517) of <see cref="Published"/>; each <c>kid</c> is the key's thumbprint.</summary>
    public string Jwks => JsonSerializer.Serialize(new
    {
        keys = Published.Select(k => new { kty = "EC", crv = "P-256", x = k.X, y = k.Y, use = "sig", alg = "ES256", kid = k.Thumbprint }),
    });

    private static TimeSpan Margin => TimeSpan.FromMinutes(5); // clocks of replicas

    private bool SecondSigns => _clock.GetUtcNow() >= _options.SecondTokenKeySignsFrom;

    /// <summary>Signs a token.</summary>
    public string Sign(object payload, string type) =>
        SecondSigns ? CompactJws.Sign(payload, _second!, _public[1].Thumbprint, type) : CompactJws.Sign(payload, _first, _public[0].Thumbprint, type);

    /// <summary>A symmetric key of 32 bytes for another purpose (RFC 5869), so that the service needs one secret only.</summary>
    public byte[] Derive(string purpose)
    {
        byte[] secret = _first.ExportParameters(includePrivateParameters: true).D!;
        byte[] derived = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 32, info: System.Text.Encoding.UTF8.GetBytes(purpose));
        CryptographicOperations.ZeroMemory(secret);
        return derived;
    }

    public void Dispose()
    {
        _first.Dispose();
        _second?.Dispose();
    }

    /// <summary>Reads a key on P-256 from a PEM file.</summary>
    internal static ECDsa Load(string file)
    {
        var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(file));
        _ = EcPublicKey.From(key); // refuses other curves
        return key;
    }
}
