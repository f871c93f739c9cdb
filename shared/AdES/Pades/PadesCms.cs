using System.Security.Cryptography;
using Pechat.Pki;

namespace Pechat.AdES.Pades;

/// <summary>The CMS of a PAdES baseline signature (EN 319 142-1 §6.3), for callers who embed it themselves.</summary>
public static class PadesCms
{
    /// <summary>
    /// Signed attributes over a document: content-type, message-digest and signing-certificate-v2. There is no signing-time,
    /// because PAdES claims the time in /M.
    /// </summary>
    /// <param name="documentDigest">Hash of the byte ranges, by the hash of the signature algorithm to come.</param>
    /// <param name="certificate">The signer's certificate.</param>
    public static SignedAttributes Attributes(ReadOnlyMemory<byte> documentDigest, Certificate certificate) =>
        SignedAttributes.Create(Oids.Data, documentDigest, certificate);

    /// <summary>Puts the CMS together: level B-B, or B-T with a time stamp.</summary>
    /// <param name="attributes">What was signed.</param>
    /// <param name="signature">Signature value; ECDSA as DER.</param>
    /// <param name="certificate">The signer's certificate.</param>
    /// <param name="chain">Further certificates to carry, the issuer's first; may be empty.</param>
    /// <param name="algorithm">Algorithm of the signature.</param>
    /// <param name="timestampToken">DER of an RFC 3161 token over the signature value; null for none.</param>
    /// <returns>DER of the ContentInfo.</returns>
    /// <exception cref="CryptographicException">The signature does not verify under the certificate, or the token is not over it.</exception>
    public static byte[] Build(
        SignedAttributes attributes, ReadOnlyMemory<byte> signature, Certificate certificate, IReadOnlyList<Certificate> chain,
        SignatureAlgorithm algorithm, ReadOnlyMemory<byte>? timestampToken = null)
    {
        SignerInfo signer = SignerInfo.Create(certificate, algorithm, attributes, signature);
        if (!signer.Verify(certificate)) // ades.md 0.2 step 4: a value that does not verify is never embedded
            throw new CryptographicException("The signature value does not verify under the signing certificate.");
        if (timestampToken is { } token)
            signer = signer.WithUnsigned(new CmsAttribute(Oids.SignatureTimestamp, TimestampCheck.Checked(token, signature.Span, certificate)));
        Certificate[] certificates = [certificate, .. chain.Where(each => !each.Encoded.Span.SequenceEqual(certificate.Encoded.Span))];
        return SignedData.Create(Oids.Data, null, signer, certificates).Encode();
    }
}
