using System.Security.Cryptography;
using Pechat.Pki;

namespace Pechat.AdES.Pades;

/// <summary>
/// Signs a PDF in two phases, so that the key may be anywhere: <see cref="Prepare"/> fixes what is signed, <see cref="Complete"/>
/// puts the signature in. The original octets are never touched; everything is appended (ISO 32000-2 §7.5.6).
/// </summary>
public static class PadesSigner
{
    /// <summary>Longest file in bytes that is signed.</summary>
    public const int MaxLength = 256 << 20;

    private const int AttributesAndStructure = 512;

    /// <summary>First phase: appends field, signature dictionary and room for the CMS, and fixes the attributes to be signed.</summary>
    /// <param name="pdf">The file, untrusted.</param>
    /// <param name="options">What to say about the signature.</param>
    /// <param name="certificate">The signer's certificate.</param>
    /// <param name="chain">Further certificates to carry, the issuer's first.</param>
    /// <param name="algorithm">Algorithm of the signature; its hash is also that of the document.</param>
    /// <exception cref="PdfException">The file is broken, encrypted or not signable.</exception>
    public static PreparedSignature Prepare(
        ReadOnlyMemory<byte> pdf, PadesOptions options, Certificate certificate, IReadOnlyList<Certificate> chain, SignatureAlgorithm algorithm)
    {
        PdfFile original = PdfFile.Parse(pdf);
        if (!original.IsTerminated)
            throw PdfException.Malformed("Something follows the last cross-reference section.");
        int capacity = Capacity(options, certificate, chain);
        var update = new PdfUpdate(original);
        PdfReference reference = update.NewReference();
        new SignatureFieldWriter(original, update).Write(options.FieldName, reference);
        var dictionary = new SignatureDictionaryWriter(options, capacity);
        update.Write(reference, dictionary.Write);
        byte[] file = update.Finish();
        dictionary.PatchByteRange(file);
        byte[] digest = dictionary.Hash(file, algorithm.Digest);
        SignedAttributes attributes = PadesCms.Attributes(digest, certificate);
        return new PreparedSignature(file, dictionary.ContentsOffset + 1, capacity, certificate, chain, algorithm, attributes);
    }

    /// <summary>Second phase: embeds the signature. The same input gives the same file.</summary>
    /// <param name="prepared">Result of the first phase.</param>
    /// <param name="signature">Signature value over <see cref="PreparedSignature.Digest"/>; ECDSA as DER.</param>
    /// <param name="timestampToken">DER of an RFC 3161 token over the signature value (level B-T); null for level B-B.</param>
    /// <returns>The signed file.</returns>
    /// <exception cref="CryptographicException">The signature does not verify under the certificate, or the token is not over it.</exception>
    /// <exception cref="PdfException">The CMS is larger than the room prepared.</exception>
    public static byte[] Complete(PreparedSignature prepared, ReadOnlyMemory<byte> signature, ReadOnlyMemory<byte>? timestampToken = null)
    {
        byte[] cms = PadesCms.Build(prepared.Attributes, signature, prepared.Certificate, prepared.Chain, prepared.Algorithm, timestampToken);
        if (cms.Length > prepared.Capacity)
            throw new PdfException(PdfProblem.TooSmall, $"The signature takes {cms.Length} bytes, but only {prepared.Capacity} were reserved.");
        byte[] file = prepared.File.ToArray();
        Span<byte> contents = file.AsSpan(prepared.ContentsOffset, 2 * prepared.Capacity);
        if (!Convert.TryToHexString(cms, contents, out _))
            throw new PdfException(PdfProblem.TooSmall, "The signature does not fit.");
        return file;
    }

    private static int Capacity(PadesOptions options, Certificate certificate, IReadOnlyList<Certificate> chain)
    {
        int signature = certificate.PublicKey.RsaModulusBits / 8 ?? 160; // DER of an ECDSA value on P-521 takes 139 bytes
        int signerId = certificate.Issuer.Encoded.Length + certificate.SerialNumber.Length;
        return AttributesAndStructure + signature + signerId + certificate.Encoded.Length + chain.Sum(each => each.Encoded.Length) + options.TimestampReserve;
    }
}
