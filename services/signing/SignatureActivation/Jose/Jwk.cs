using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;
using Pechat.Pki;

namespace Pechat.SignatureActivation.Jose;

/// <summary>A public key on P-256 (RFC 7517, RFC 7518 §6.2).</summary>
internal sealed class Jwk : IVerificationKey
{
    private const int FieldLength = 32;

    private sealed record Members(string Kty, string Crv, string X, string Y, string? Kid = null, string? Use = null, string? Alg = null);

    private Jwk(byte[] x, byte[] y)
    {
        X = x;
        Y = y;
        Canonical = $$"""{"crv":"P-256","kty":"EC","x":"{{StrictJson.Text(x)}}","y":"{{StrictJson.Text(y)}}"}""";
        Thumbprint = StrictJson.Text(SHA256.HashData(Encoding.ASCII.GetBytes(Canonical)));
    }

    public string Algorithm => "ES256";

    internal byte[] X { get; }

    internal byte[] Y { get; }

    /// <summary>The members of RFC 7638 §3.2 in their order.</summary>
    public string Canonical { get; }

    /// <summary>RFC 7638, base64url.</summary>
    public string Thumbprint { get; }

    /// <summary>Uncompressed point (SEC 1 §2.3.3).</summary>
    internal byte[] Point => [4, .. X, .. Y];

    /// <exception cref="JoseException">Another kind of key, or a point off the curve.</exception>
    internal static Jwk Parse(string json)
    {
        Members members = StrictJson.Read<Members>(json);
        return From(members.Kty, members.Crv, members.X, members.Y);
    }

    /// <exception cref="JoseException">Another kind of key, or a point off the curve.</exception>
    internal static Jwk From(string kty, string crv, string x, string y)
    {
        if (kty != "EC" || crv != "P-256")
            throw new JoseException("the key is not on P-256");
        byte[] xBytes = StrictJson.Bytes(x), yBytes = StrictJson.Bytes(y);
        if (xBytes.Length != FieldLength || yBytes.Length != FieldLength)
            throw new JoseException("a coordinate has the wrong length");
        var key = new Jwk(xBytes, yBytes);
        key.Import().Dispose();
        return key;
    }

    /// <exception cref="AsnContentException">The data is not a SubjectPublicKeyInfo.</exception>
    /// <exception cref="JoseException">The key is not on P-256.</exception>
    internal static Jwk FromPublicKeyInfo(ReadOnlyMemory<byte> info)
    {
        SubjectPublicKey key = SubjectPublicKey.Parse(info);
        ReadOnlySpan<byte> point = key.KeyBits.Span;
        if (key.Curve != Oids.CurveP256 || point.Length != 1 + (2 * FieldLength) || point[0] != 4)
            throw new JoseException("the key is not on P-256");
        return From("EC", "P-256", StrictJson.Text(point[1..(FieldLength + 1)]), StrictJson.Text(point[(FieldLength + 1)..]));
    }

    /// <summary>ES256 (RFC 7518 §3.4): r and s, 32 octets each.</summary>
    public bool Verifies(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        using ECDsa key = Import();
        return signature.Length == 2 * FieldLength
            && key.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    private ECDsa Import()
    {
        try
        {
            // The platform checks that the point lies on the curve, which keeps invalid-curve points from the HSM.
            return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = X, Y = Y } });
        }
        catch (CryptographicException)
        {
            throw new JoseException("the point is not on the curve");
        }
    }
}
