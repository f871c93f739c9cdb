using Pechat.Pki;

namespace Pechat.AdES.Validation;

/// <summary>Which algorithms are acceptable until when (TS 119 312 V1.5.1); the end is exclusive.</summary>
public static class AlgorithmPolicy
{
    /// <summary>The rule set, as reports name it.</summary>
    public const string Name = "TS 119 312 V1.5.1";

    private const int MinimumRsa = 1900;
    private const int LongRsa = 3000;

    private static readonly DateTimeOffset MediumEnd = new(2029, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset ShortRsaEnd = new(2019, 10, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly string[] Curves = [Oids.CurveP256, Oids.CurveP384, Oids.CurveP521, "1.3.36.3.3.2.8.1.1.7", "1.3.36.3.3.2.8.1.1.11", "1.3.36.3.3.2.8.1.1.13"];

    /// <summary>Why a signature by this key and algorithm was not acceptable at a time; null when it was.</summary>
    /// <param name="algorithm">Algorithm; null when it is none that we know.</param>
    /// <param name="oid">Its OID as read.</param>
    /// <param name="key">Key under which it verifies.</param>
    /// <param name="time">When it is known to have existed.</param>
    public static string? Objection(SignatureAlgorithm? algorithm, string oid, SubjectPublicKey key, DateTimeOffset time)
    {
        if (algorithm is null)
            return $"the algorithm {oid} is not known or too weak";
        if (key.Curve is { } curve)
            return Curves.Contains(curve) ? null : $"the curve {curve} is not accepted";
        if (key.RsaModulusBits is not { } bits)
            return $"the key algorithm {key.Algorithm.Oid} is not accepted";
        DateTimeOffset? end = bits < MinimumRsa ? ShortRsaEnd
            : algorithm.Scheme == SignatureScheme.RsaPkcs1 || bits < LongRsa ? MediumEnd
            : null;
        return end is { } limit && time >= limit ? $"{algorithm} with {bits} bits was acceptable until {limit:yyyy-MM-dd}" : null;
    }
}
