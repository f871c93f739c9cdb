using System.Security.Cryptography;
using System.Text.Json;
using Pechat.Hosting.Jose;

namespace Pechat.Identity.OAuth;

/// <summary>The keys of access tokens: one signs, a second may be published beside it for a roll-over.</summary>
internal sealed class SigningKeys : IDisposable
{
    private readonly ECDsa _key;

    public SigningKeys(IdentityOptions options)
    {
        _key = Load(options.TokenKeyFile);
        Published = options.SecondTokenKeyFile is { Length: > 0 } second ? [EcPublicKey.From(_key), Public(second)] : [EcPublicKey.From(_key)];
        Jwks = JsonSerializer.Serialize(new
        {
            keys = Published.Select(k => new { kty = "EC", crv = "P-256", x = k.X, y = k.Y, use = "sig", alg = "ES256", kid = k.Thumbprint }),
        });
    }

    /// <summary>All public keys, the signing one first.</summary>
    public IReadOnlyList<EcPublicKey> Published { get; }

    /// <summary>The JWK set (RFC 7517) of <see cref="Published"/>; each <c>kid</c> is the key's thumbprint.</summary>
    public string Jwks { get; }

    /// <summary>Signs a token.</summary>
    public string Sign(object payload, string type) => CompactJws.Sign(payload, _key, Published[0].Thumbprint, type);

    /// <summary>A symmetric key of 32 bytes for another purpose (RFC 5869), so that the service needs one secret only.</summary>
    public byte[] Derive(string purpose)
    {
        byte[] secret = _key.ExportParameters(includePrivateParameters: true).D!;
        byte[] derived = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 32, info: System.Text.Encoding.UTF8.GetBytes(purpose));
        CryptographicOperations.ZeroMemory(secret);
        return derived;
    }

    public void Dispose() => _key.Dispose();

    /// <summary>Reads a private key on P-256 from a PEM file.</summary>
    internal static ECDsa Load(string file)
    {
        var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(file));
        _ = EcPublicKey.From(key); // refuses other curves
        return key;
    }

    private static EcPublicKey Public(string file)
    {
        using ECDsa key = Load(file);
        return EcPublicKey.From(key);
    }
}
