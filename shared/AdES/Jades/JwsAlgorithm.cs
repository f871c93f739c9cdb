using Pechat.Pki;

namespace Pechat.AdES.Jades;

/// <summary>Signature values as JWS writes them (RFC 7518 §3).</summary>
internal static class JwsAlgorithm
{
    /// <summary>The value for JWS: ECDSA as r‖s of the length of the curve that the algorithm binds.</summary>
    internal static byte[] Value(PendingSignature pending, ReadOnlyMemory<byte> signature) =>
        pending.Algorithm.Scheme == SignatureScheme.Ecdsa ? EcdsaValue.ToFixedLength(signature, FieldLength(pending.Certificate.PublicKey.Curve)) : signature.ToArray();

    /// <summary>RFC 7518 §3.4: each name binds one curve, unlike in CMS and XML.</summary>
    internal static void CheckCurve(SignatureAlgorithm algorithm, Certificate certificate)
    {
        string? bound = algorithm.Scheme != SignatureScheme.Ecdsa ? null : algorithm.JwaName switch
        {
            "ES256" => Oids.CurveP256,
            "ES384" => Oids.CurveP384,
            _ => Oids.CurveP521,
        };
        if (bound != certificate.PublicKey.Curve)
            throw new SignatureException($"{algorithm.JwaName} cannot be used with the key of this certificate.");
    }

    private static int FieldLength(string? curve) => curve switch
    {
        Oids.CurveP256 => 32,
        Oids.CurveP384 => 48,
        _ => 66,
    };
}
