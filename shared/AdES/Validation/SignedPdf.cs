using System.Formats.Asn1;
using Pechat.AdES.Pades;
using Pechat.Pki;

namespace Pechat.AdES.Validation;

/// <summary>A PDF with all its signatures and the validation data it carries, ready to be validated.</summary>
public sealed class SignedPdf
{
    private readonly PdfSecurityStore _store;

    private SignedPdf(IReadOnlyList<PdfSignature> signatures, PdfSecurityStore store)
    {
        Signatures = signatures;
        _store = store;
    }

    /// <summary>All signatures, document time stamps included, the first made first.</summary>
    public IReadOnlyList<PdfSignature> Signatures { get; }

    /// <summary>Reads an untrusted file.</summary>
    /// <param name="pdf">The file.</param>
    /// <exception cref="PdfException">The file is broken, encrypted or exceeds a bound.</exception>
    public static SignedPdf Parse(ReadOnlyMemory<byte> pdf) => new(PadesReader.Signatures(pdf), PdfSecurityStore.Read(pdf));

    /// <summary>Adds what the file carries: certificates of signatures and time stamps, and the security store.</summary>
    /// <param name="material">What is configured.</param>
    public ValidationMaterial Gather(ValidationMaterial material)
    {
        IEnumerable<ReadOnlyMemory<byte>> certificates = Signatures.Select(each => Cms(each.Cms)).OfType<SignedData>()
            .SelectMany(cms => cms.Certificates.Concat(cms.Signers.SelectMany(Tokens).Select(Cms).OfType<SignedData>().SelectMany(token => token.Certificates)));
        return material.With(certificates.Concat(_store.Certificates), _store.OcspResponses, _store.Crls);
    }

    /// <summary>Certificates with their issuers whose revocation matters: those of the paths of all signers and time-stamping units.</summary>
    /// <param name="material">What <see cref="Gather"/> answered.</param>
    public IReadOnlyList<(Certificate Certificate, Certificate Issuer)> RevocationTargets(ValidationMaterial material)
    {
        IEnumerable<SignerInfo> signers = Signatures.Select(each => Cms(each.Cms)).OfType<SignedData>()
            .SelectMany(cms => cms.Signers.Concat(cms.Signers.SelectMany(Tokens).Select(Cms).OfType<SignedData>().SelectMany(token => token.Signers)));
        return [.. signers
            .SelectMany(signer => material.Certificates.Where(signer.Identifies))
            .SelectMany(certificate => CertificatePaths.Build(certificate, material))
            .SelectMany(path => path.Certificates.Zip(path.Certificates.Skip(1)))
            .Where(pair => !Revocation.IsExempt(pair.First))
            .DistinctBy(pair => Convert.ToHexString(DigestAlgorithm.Sha256.Hash(pair.First.Encoded.Span)))];
    }

    /// <summary>Validates every signature that is no document time stamp.</summary>
    /// <param name="material">Everything that may be used.</param>
    /// <param name="now">Time of validation.</param>
    public IReadOnlyList<SignatureReport> Validate(ValidationMaterial material, DateTimeOffset now) =>
        [.. Signatures.Where(each => !each.IsDocumentTimestamp).Select(each => new PadesValidation(each, this, material, now).Run())];

    /// <summary>The CMS, or null when it is unreadable, which the format check reports.</summary>
    internal static SignedData? Cms(ReadOnlyMemory<byte> der)
    {
        try
        {
            return der.IsEmpty ? null : SignedData.Parse(der);
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    internal static IEnumerable<ReadOnlyMemory<byte>> Tokens(SignerInfo signer) =>
        signer.UnsignedAttributes.Where(each => each.Oid == Oids.SignatureTimestamp).SelectMany(each => each.Values);
}
