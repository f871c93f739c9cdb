using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pechat.SignatureActivation.Tests.Support;

/// <summary>Makes JOSE messages as a phone does, without the code under test.</summary>
internal static class Compact
{
    internal static string Text(byte[] bytes) => Base64Url.EncodeToString(bytes);

    internal static string Jwk(ECParameters key) =>
        JsonSerializer.Serialize(new { kty = "EC", crv = "P-256", x = Text(key.Q.X!), y = Text(key.Q.Y!) });

    /// <summary>RFC 7638.</summary>
    internal static string Thumbprint(ECParameters key) =>
        Text(SHA256.HashData(Encoding.UTF8.GetBytes($"{{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"{Text(key.Q.X!)}\",\"y\":\"{Text(key.Q.Y!)}\"}}")));

    internal static string Jws(ECDsa key, string? keyId, JsonObject payload, string algorithm = "ES256")
    {
        var header = new JsonObject { ["alg"] = algorithm };
        if (keyId is not null)
            header["kid"] = keyId;
        string signed = $"{Text(Encoding.UTF8.GetBytes(header.ToJsonString()))}.{Text(Encoding.UTF8.GetBytes(payload.ToJsonString()))}";
        return $"{signed}.{Text(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    /// <summary>ECDH-ES + A256GCM to the first key of a JWKS.</summary>
    internal static string Jwe(string jwks, JsonObject plaintext)
    {
        JsonElement to = JsonDocument.Parse(jwks).RootElement.GetProperty("keys")[0];
        using ECDiffieHellman ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        using ECDiffieHellman recipient = ECDiffieHellman.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = Base64Url.DecodeFromChars(to.GetProperty("x").GetString()), Y = Base64Url.DecodeFromChars(to.GetProperty("y").GetString()) },
        });
        string header = Text(Encoding.UTF8.GetBytes(new JsonObject
        {
            ["alg"] = "ECDH-ES",
            ["enc"] = "A256GCM",
            ["kid"] = to.GetProperty("kid").GetString(),
            ["epk"] = JsonNode.Parse(Jwk(ephemeral.ExportParameters(false))),
        }.ToJsonString()));
        byte[] algorithm = "A256GCM"u8.ToArray();
        byte[] key = ephemeral.DeriveKeyFromHash(recipient.PublicKey, HashAlgorithmName.SHA256, Number(1),
            [.. Number(algorithm.Length), .. algorithm, .. Number(0), .. Number(0), .. Number(256)]);
        byte[] iv = RandomNumberGenerator.GetBytes(12), text = Encoding.UTF8.GetBytes(plaintext.ToJsonString()), tag = new byte[16];
        byte[] ciphertext = new byte[text.Length];
        using var gcm = new AesGcm(key, 16);
        gcm.Encrypt(iv, text, ciphertext, tag, Encoding.ASCII.GetBytes(header));
        return $"{header}..{Text(iv)}.{Text(ciphertext)}.{Text(tag)}";
    }

    private static byte[] Number(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
