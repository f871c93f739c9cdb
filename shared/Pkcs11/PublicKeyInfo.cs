using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Pechat.Pkcs11;

/// <summary>Builds SubjectPublicKeyInfo from the attributes of public key objects.</summary>
internal static class PublicKeyInfo
{
    private const string P256 = "1.2.840.10045.3.1.7", P384 = "1.3.132.0.34";

    public static byte[] EncodeCurve(KeyPairAlgorithm algorithm)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteObjectIdentifier(algorithm == KeyPairAlgorithm.P256 ? P256 : P384);
        return writer.Encode();
    }

    public static int ModulusBits(KeyPairAlgorithm algorithm) => algorithm switch
    {
        KeyPairAlgorithm.Rsa2048 => 2048,
        KeyPairAlgorithm.Rsa3072 => 3072,
        KeyPairAlgorithm.Rsa4096 => 4096,
        _ => throw new ArgumentOutOfRangeException(nameof(algorithm)),
    };

    public static byte[] FromEc(byte[] curve, byte[] point)
    {
        // PKCS#11 v2.40 wraps the point into an OCTET STRING; some libraries leave it bare.
        byte[] bare = point.Length is 65 or 97 ? point : AsnDecoder.ReadOctetString(point, AsnEncodingRules.DER, out _);
        int length = (bare.Length - 1) / 2;
        using ECDsa key = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.CreateFromValue(AsnDecoder.ReadObjectIdentifier(curve, AsnEncodingRules.DER, out _)),
            Q = new ECPoint { X = bare[1..(length + 1)], Y = bare[(length + 1)..] },
        });
        return key.ExportSubjectPublicKeyInfo();
    }

    public static byte[] FromRsa(byte[] modulus, byte[] exponent)
    {
        using RSA key = RSA.Create(new RSAParameters { Modulus = modulus, Exponent = exponent });
        return key.ExportSubjectPublicKeyInfo();
    }
}
