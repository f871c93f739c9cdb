using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Pechat.DevHost.MainJob;

/// <summary>What a phone needs of JOSE: ES256 signatures, ECDH-ES encryption, thumbprints. Written apart from the services on purpose.</summary>
internal static class Jose
{
    private static readonly byte[] EmptyParty = new byte[4];

    /// <summary>Public key as a JWK (RFC 7517) with the members of RFC 7638 §3.2 in their order.</summary>
    public static JsonObject Jwk(ECParameters key) => new()
    {
        ["crv"] = "P-256",
        ["kty"] = "EC",
        ["x"] = Base64Url.EncodeToString(key.Q.X),
        ["y"] = Base64Url.EncodeToString(key.Q.Y),
    };

    /// <summary>JWK thumbprint (RFC 7638).</summary>
    public static string Thumbprint(ECParameters key) => Hash(Jwk(key).ToJsonString());

    /// <summary>base64url SHA-256 of a text.</summary>
    public static string Hash(string text) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>JWS compact serialization with ES256 (RFC 7515, RFC 7518 §3.4).</summary>
    public static string Sign(ECDsa key, string keyId, JsonObject payload)
    {
        var header = new JsonObject { ["alg"] = "ES256", ["kid"] = keyId };
        string input = $"{Encode(header)}.{Encode(payload)}";
        return $"{input}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation))}";
    }

    /// <summary>JWE compact serialization with ECDH-ES in direct key agreement and A256GCM (RFC 7516, RFC 7518 §4.6).</summary>
    public static string Encrypt(JsonNode recipient, JsonObject plaintext)
    {
        using ECDiffieHellman theirs = ECDiffieHellman.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = { X = Base64Url.DecodeFromChars((string)recipient["x"]!), Y = Base64Url.DecodeFromChars((string)recipient["y"]!) },
        });
        using var ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var header = new JsonObject { ["alg"] = "ECDH-ES", ["enc"] = "A256GCM", ["kid"] = (string?)recipient["kid"], ["epk"] = Jwk(ephemeral.ExportParameters(false)) };
        byte[] contentKey = Derive(ephemeral.DeriveRawSecretAgreement(theirs.PublicKey));
        string protectedHeader = Encode(header);
        byte[] nonce = RandomNumberGenerator.GetBytes(12), message = Encoding.UTF8.GetBytes(plaintext.ToJsonString()), tag = new byte[16];
        byte[] ciphertext = new byte[message.Length];
        using (var cipher = new AesGcm(contentKey, tag.Length))
            cipher.Encrypt(nonce, message, ciphertext, tag, Encoding.ASCII.GetBytes(protectedHeader));
        return $"{protectedHeader}..{Base64Url.EncodeToString(nonce)}.{Base64Url.EncodeToString(ciphertext)}.{Base64Url.EncodeToString(tag)}";
    }

    /// <summary>Concat KDF (NIST SP 800-56A §5.8.1) as RFC 7518 §4.6.2 fills it in; one round suffices for 256 bits.</summary>
    private static byte[] Derive(byte[] secret)
    {
        byte[] algorithm = "A256GCM"u8.ToArray();
        return SHA256.HashData([.. Number(1), .. secret, .. Number(algorithm.Length), .. algorithm, .. EmptyParty, .. EmptyParty, .. Number(256)]);
    }

    private static byte[] Number(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static string Encode(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));
}
