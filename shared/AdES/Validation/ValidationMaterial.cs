using System.Formats.Asn1;
using Pechat.Pki;

namespace Pechat.AdES.Validation;

/// <summary>Everything that a validation may use. Immutable; nothing is fetched from here.</summary>
public sealed class ValidationMaterial
{
    private ValidationMaterial(IReadOnlyList<Certificate> anchors, IReadOnlyList<Certificate> certificates, IReadOnlyList<BasicOcspResponse> ocsp, IReadOnlyList<CertificateList> crls)
    {
        Anchors = anchors;
        Certificates = certificates;
        OcspResponses = ocsp;
        Crls = crls;
    }

    /// <summary>Certificates that are trusted for themselves.</summary>
    public IReadOnlyList<Certificate> Anchors { get; }

    /// <summary>Certificates from which paths may be built.</summary>
    public IReadOnlyList<Certificate> Certificates { get; }

    /// <summary>OCSP responses, not yet verified.</summary>
    public IReadOnlyList<BasicOcspResponse> OcspResponses { get; }

    /// <summary>CRLs, not yet verified.</summary>
    public IReadOnlyList<CertificateList> Crls { get; }

    /// <summary>Starts from what is configured.</summary>
    /// <param name="anchors">Trust anchors.</param>
    /// <param name="intermediates">Certificates that help to build paths.</param>
    public static ValidationMaterial FromTrusted(IReadOnlyList<Certificate> anchors, IReadOnlyList<Certificate> intermediates) => new(anchors, intermediates, [], []);

    /// <summary>Adds untrusted objects; a malformed one cannot prove anything and is left out.</summary>
    /// <param name="certificates">DER of certificates.</param>
    /// <param name="ocsp">DER of OCSP responses.</param>
    /// <param name="crls">DER of CRLs.</param>
    public ValidationMaterial With(IEnumerable<ReadOnlyMemory<byte>> certificates, IEnumerable<ReadOnlyMemory<byte>> ocsp, IEnumerable<ReadOnlyMemory<byte>> crls) => new(
        Anchors,
        [.. Certificates.Concat(Read(certificates, der => Certificate.Parse(der))).DistinctBy(each => Convert.ToHexString(DigestAlgorithm.Sha256.Hash(each.Encoded.Span)))],
        [.. OcspResponses, .. Read(ocsp, der => OcspResponse.Parse(der).Basic)],
        [.. Crls, .. Read(crls, der => CertificateList.Parse(der))]);

    /// <summary>True when the certificate is an anchor, octet by octet.</summary>
    /// <param name="certificate">Certificate.</param>
    public bool IsAnchor(Certificate certificate) => Anchors.Any(each => each.Encoded.Span.SequenceEqual(certificate.Encoded.Span));

    private static IEnumerable<T> Read<T>(IEnumerable<ReadOnlyMemory<byte>> objects, Func<ReadOnlyMemory<byte>, T?> parse) where T : class
    {
        foreach (ReadOnlyMemory<byte> der in objects)
        {
            T? value;
            try
            {
                value = parse(der);
            }
            catch (AsnContentException)
            {
                continue; // absent, as far as proof goes (EN 319 102-1 §5.2.8: malformed is absent)
            }
            if (value is not null)
                yield return value;
        }
    }
}
