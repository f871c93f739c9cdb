using System.Text;

namespace Pechat.SignatureActivation.Jose;

/// <summary>A compact JWS (RFC 7515) with the one algorithm of the key that verifies it: no other, no critical header, no embedded key.</summary>
internal sealed class Jws
{
    private const int MaxLength = 256 * 1024; // 1000 digests of SHA-512 and an encrypted PIN take about 100 kB

    private readonly string _signed;
    private readonly byte[] _payload;
    private readonly byte[] _signature;

    private sealed record Header(string Alg, string? Kid = null, string? Typ = null);

    private readonly string _algorithm;

    private Jws(Header header, string signed, byte[] payload, byte[] signature) =>
        (_algorithm, KeyId, _signed, _payload, _signature) = (header.Alg, header.Kid, signed, payload, signature);

    /// <summary>What the header claims; not to be believed before <see cref="Verify{T}"/>.</summary>
    internal string? KeyId { get; }

    /// <exception cref="JoseException">Malformed.</exception>
    internal static Jws Parse(string compact)
    {
        if (compact.Length > MaxLength)
            throw new JoseException("the message is too long");
        string[] parts = compact.Split('.');
        if (parts.Length != 3)
            throw new JoseException("a compact JWS has three parts");
        Header header = StrictJson.Read<Header>(StrictJson.Bytes(parts[0]));
        if (header.Alg is not ("ES256" or "RS256"))
            throw new JoseException("only ES256 and, for automation keys, RS256 are accepted");
        return new(header, $"{parts[0]}.{parts[1]}", StrictJson.Bytes(parts[1]), StrictJson.Bytes(parts[2]));
    }

    /// <summary>The payload, once the signature has been verified.</summary>
    /// <exception cref="JoseException">The signature is wrong, or the payload has another shape.</exception>
    internal T Verify<T>(IVerificationKey key) where T : class =>
        IsSignedBy(key) ? StrictJson.Read<T>(_payload) : throw new JoseException("the signature does not verify");

    internal bool IsSignedBy(IVerificationKey key) => _algorithm == key.Algorithm && key.Verifies(Encoding.ASCII.GetBytes(_signed), _signature);
}
