using Pechat.Pki;

namespace Pechat.AdES.Xades;

/// <summary>Namespaces and algorithm URIs of XML signatures (RFC 9231, EN 319 132-1).</summary>
internal static class XmlIdentifiers
{
    internal const string Ds = "http://www.w3.org/2000/09/xmldsig#";
    internal const string Etsi = "http://uri.etsi.org/01903/v1.3.2#";
    internal const string Etsi141 = "http://uri.etsi.org/01903/v1.4.1#";
    internal const string SignedPropertiesType = "http://uri.etsi.org/01903#SignedProperties";
    internal const string Exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
    internal const string EnvelopedTransform = Ds + "enveloped-signature";
    internal const string Base64Transform = Ds + "base64";
    internal const string Commitments = "http://uri.etsi.org/01903/v1.2.2#";

    private const string More = "http://www.w3.org/2001/04/xmldsig-more#";
    private const string More2007 = "http://www.w3.org/2007/05/xmldsig-more#";
    private const string Enc = "http://www.w3.org/2001/04/xmlenc#";

    /// <summary>DigestMethod.</summary>
    internal static string Of(DigestAlgorithm digest) => digest.Length switch
    {
        32 => Enc + "sha256",
        48 => More + "sha384",
        _ => Enc + "sha512",
    };

    /// <summary>SignatureMethod.</summary>
    internal static string Of(SignatureAlgorithm algorithm)
    {
        int bits = algorithm.Digest.Length * 8;
        return algorithm.Scheme switch
        {
            SignatureScheme.RsaPkcs1 => $"{More}rsa-sha{bits}",
            SignatureScheme.RsaPss => $"{More2007}sha{bits}-rsa-MGF1",
            _ => $"{More}ecdsa-sha{bits}",
        };
    }
}
