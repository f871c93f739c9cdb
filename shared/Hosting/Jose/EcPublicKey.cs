using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Pechat.Hosting.Jose;

/// <summary>A P-256 public key as phones send it: the JWK members that RFC 7638 hashes, and no others.</summary>
public sealed record EcPublicKey
{
    private const int CoordinateLength = 32;

    private EcPublicKey(string x, string y) => (X, Y) = (x, y);

    /// <summary>X coordinate, base64url of 32 bytes.</summary>
    public string X { get; }

    /// <summary>Y coordinate, base64url of 32 bytes.</summary>
    public string Y { get; }

    /// <summary>The canonical JSON of RFC 7638 §3.2.</summary>
    public string Json => $$"""{"crv":"P-256","kty":"EC","x":"{{X}}","y":"{{Y}}"}""";

    /// <summary>RFC 7638 thumbprint, SHA-256, base64url.</summary>
    public string Thumbprint => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(Json)));

    /// <summary>The public part of a key.</summary>
    /// <exception cref="ArgumentException">The key is not on P-256.</exception>
    public static EcPublicKey From(ECDsa key)
    {
        ArgumentNullException.ThrowIfNull(key);
        ECParameters parameters = key.ExportParameters(includePrivateParameters: false);
        if (parameters.Q.X is not { Length: CoordinateLength } x || parameters.Q.Y is not { Length: CoordinateLength } y
            || parameters.Curve.Oid.Value != ECCurve.NamedCurves.nistP256.Oid.Value)
            throw new ArgumentException("the key must be on P-256", nameof(key));
        return new(Base64Url.EncodeToString(x), Base64Url.EncodeToString(y));
    }

    /// <summary>Reads a JWK (RFC 7517). Other members, such as <c>key_ops</c>, are dropped; a private key is refused.</summary>
    /// <exception cref="FormatException">This is no public P-256 key, or its point is not on the curve.</exception>
    public static EcPublicKey Parse(JsonElement jwk)
    {
        if (jwk.ValueKind != JsonValueKind.Object || Member(jwk, "kty") != "EC" || Member(jwk, "crv") != "P-256")
            throw new FormatException("the key must be a JWK of type EC on P-256");
        if (jwk.TryGetProperty("d", out _))
            throw new FormatException("the key must be public");
        var key = new EcPublicKey(Member(jwk, "x") ?? "", Member(jwk, "y") ?? "");
        key.Import().Dispose();
        return key;
    }

    /// <summary>Reads a JWK from text.</summary>
    /// <exception cref="FormatException">This is no public P-256 key, or its point is not on the curve.</exception>
    public static EcPublicKey Parse(string jwk)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(jwk, CompactJws.Strict);
            return Parse(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new FormatException("the key must be a JSON object", e);
        }
    }

    /// <summary>The key for use; the caller disposes it.</summary>
    internal ECDsa Import()
    {
        if (!CompactJws.TryDecode(X, out byte[] x) || !CompactJws.TryDecode(Y, out byte[] y) || x.Length != CoordinateLength || y.Length != CoordinateLength)
            throw new FormatException("the coordinates must be base64url of 32 bytes each");
        try
        {
            return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new() { X = x, Y = y } });
        }
        catch (CryptographicException e)
        {
            throw new FormatException("the point must lie on the curve", e);
        }
    }

    private static string? Member(JsonElement jwk, string name) =>
        jwk.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
