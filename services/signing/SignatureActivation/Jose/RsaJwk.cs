using System.Security.Cryptography;
using System.Text;

namespace Pechat.SignatureActivation.Jose;

/// <summary>A public RSA key for RS256 (RFC 7517, RFC 7518 §3.3 and §6.3).</summary>
internal sealed class RsaJwk : IVerificationKey
{
    private const int MinBits = 2048, MaxBits = 4096;
    private static readonly byte[] Exponent = [1, 0, 1]; // the only one in use, and others have been attacked

    private readonly byte[] _modulus;

    private sealed record Members(string Kty, string N, string E, string? Kid = null, string? Use = null, string? Alg = null);

    private RsaJwk(byte[] modulus)
    {
        _modulus = modulus;
        Canonical = $$"""{"e":"{{StrictJson.Text(Exponent)}}","kty":"RSA","n":"{{StrictJson.Text(modulus)}}"}""";
        Thumbprint = StrictJson.Text(SHA256.HashData(Encoding.ASCII.GetBytes(Canonical)));
    }

    public string Algorithm => "RS256";

    public string Canonical { get; }

    public string Thumbprint { get; }

    /// <exception cref="JoseException">Another kind of key, or one that is too short or too long.</exception>
    internal static RsaJwk Parse(string json)
    {
        Members members = StrictJson.Read<Members>(json);
        byte[] modulus = StrictJson.Bytes(members.N);
        if (members.Kty != "RSA" || !StrictJson.Bytes(members.E).AsSpan().SequenceEqual(Exponent))
            throw new JoseException("the key is not RSA with e = 65537");
        return modulus.Length is >= MinBits / 8 and <= MaxBits / 8 && modulus[0] >= 0x80 && (modulus[^1] & 1) == 1
            ? new RsaJwk(modulus)
            : throw new JoseException($"the modulus must have {MinBits} to {MaxBits} bits");
    }

    public bool Verifies(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        using RSA key = RSA.Create(new RSAParameters { Modulus = _modulus, Exponent = Exponent });
        return key.VerifyData(data, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }
}
