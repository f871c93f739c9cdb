using System.Security.Cryptography;
using System.Text.Json;
using Pechat.Hosting.Jose;
using Pechat.Testing;

namespace Pechat.Identity.Tests.OAuth;

/// <summary>The key of the client <c>keyed</c>, which authenticates by <c>private_key_jwt</c>.</summary>
internal static class ClientKey
{
    private static readonly ECDsa Key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public static string KeySetFile(string directory)
    {
        EcPublicKey key = EcPublicKey.From(Key);
        string file = Path.Combine(directory, "keyed.jwks.json");
        File.WriteAllText(file, JsonSerializer.Serialize(new { keys = new[] { new { kty = "EC", crv = "P-256", x = key.X, y = key.Y, use = "sig", alg = "ES256", kid = "k1" } } }));
        return file;
    }

    public static Dictionary<string, object> Claims(long now) => new()
    {
        ["iss"] = "keyed", ["sub"] = "keyed", ["aud"] = TestTokens.Issuer, ["iat"] = now, ["exp"] = now + 60, ["jti"] = Guid.NewGuid().ToString(),
    };

    public static string Sign(Dictionary<string, object> claims, ECDsa? key = null) => CompactJws.Sign(claims, key ?? Key, "k1");
}
