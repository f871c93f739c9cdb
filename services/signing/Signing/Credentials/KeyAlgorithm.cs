using System.Security.Cryptography.X509Certificates;

namespace Pechat.Signing.Credentials;

/// <summary>What a credential's key is and may be asked to sign with (CSC API §5.5 <c>key</c>).</summary>
/// <param name="Name">Name as in the registration protocol, e.g. <c>P-256</c>.</param>
/// <param name="Length">Size in bits.</param>
/// <param name="Curve">Dotted OID of the curve; null for RSA.</param>
/// <param name="SignAlgorithms">Dotted OIDs, the preferred one first (D-10).</param>
internal sealed record KeyAlgorithm(string Name, int Length, string? Curve, IReadOnlyList<string> SignAlgorithms)
{
    private static readonly string[] Rsa =
        ["1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12", "1.2.840.113549.1.1.13", "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10"];

    private static readonly KeyAlgorithm[] All =
    [
        new("P-256", 256, "1.2.840.10045.3.1.7", ["1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3", "1.2.840.10045.4.3.4", "1.2.840.10045.2.1", "0.4.0.127.0.7.1.1.4.1.3"]),
        new("P-384", 384, "1.3.132.0.34", ["1.2.840.10045.4.3.3", "1.2.840.10045.4.3.2", "1.2.840.10045.4.3.4", "1.2.840.10045.2.1", "0.4.0.127.0.7.1.1.4.1.3"]),
        new("RSA-2048", 2048, null, Rsa),
        new("RSA-3072", 3072, null, Rsa),
        new("RSA-4096", 4096, null, Rsa),
    ];

    internal static KeyAlgorithm Named(string name) => All.First(algorithm => algorithm.Name == name);

    /// <summary>The algorithm of a certificate's key, or null when such keys are not offered.</summary>
    internal static KeyAlgorithm? Of(X509Certificate2 certificate)
    {
        using var ec = certificate.GetECDsaPublicKey();
        using var rsa = certificate.GetRSAPublicKey();
        string? curve = ec?.ExportParameters(false).Curve.Oid.Value;
        return All.FirstOrDefault(algorithm => ec is not null ? algorithm.Curve == curve : algorithm.Curve is null && algorithm.Length == rsa?.KeySize);
    }
}
