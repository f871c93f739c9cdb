using System.Security.Cryptography;
using Pechat.Pki;

namespace Pechat.AdES.Pades;

/// <summary>
/// Extends signed PDFs, our own and others', to the levels LT and LTA (EN 319 142-1 §6.3) by incremental updates: the original
/// octets are never touched.
/// </summary>
public static class PadesExtension
{
    /// <summary>Adds validation data to the document security store (level LT); what is there already is not repeated.</summary>
    /// <param name="pdf">The file, untrusted.</param>
    /// <param name="data">Certificates and revocation data for the signer, the time stamps and those who answered for revocation.</param>
    /// <param name="fieldName">Field of the signature to which the data belongs; gives it a VRI entry unless it has one. Null for none.</param>
    /// <returns>The file with one more revision.</returns>
    /// <exception cref="PdfException">The file is broken, encrypted or has no signature of this name.</exception>
    public static byte[] AddValidationData(ReadOnlyMemory<byte> pdf, ValidationData data, string? fieldName = null)
    {
        PdfFile file = Extensible(pdf);
        string? key = fieldName is null ? null : VriKey(Contents(pdf, fieldName));
        var update = new PdfUpdate(file);
        new SecurityStoreWriter(file, update).Write(data, key);
        return update.Finish();
    }

    /// <summary>Adds a document time stamp over everything (level LTA); it may be added again before the last one ages.</summary>
    /// <param name="pdf">The file, untrusted; validation data for its newest time stamp was added before.</param>
    /// <param name="source">Who stamps.</param>
    /// <param name="digest">Hash of the imprint.</param>
    /// <param name="ct">Gives up.</param>
    /// <param name="reserve">Room in bytes for the token.</param>
    /// <returns>The file with one more revision.</returns>
    /// <exception cref="PdfException">The file is broken or encrypted, or the token is larger than the room.</exception>
    /// <exception cref="CryptographicException">The token is not what was asked for.</exception>
    public static async Task<byte[]> ArchiveAsync(
        ReadOnlyMemory<byte> pdf, TimestampSource source, DigestAlgorithm digest, CancellationToken ct, int reserve = PadesOptions.UsualTimestamp)
    {
        PdfFile original = Extensible(pdf);
        var update = new PdfUpdate(original);
        PdfReference reference = update.NewReference();
        new SignatureFieldWriter(original, update).WriteTimestamp(reference);
        var dictionary = new SignatureDictionaryWriter(null, reserve);
        update.Write(reference, dictionary.Write);
        byte[] file = update.Finish();
        dictionary.PatchByteRange(file);
        ReadOnlyMemory<byte> token = await TimestampCheck.StampDigestAsync(source, dictionary.Hash(file, digest), digest, ct).ConfigureAwait(false);
        if (token.Length > reserve)
            throw new PdfException(PdfProblem.TooSmall, $"The time stamp takes {token.Length} bytes, but only {reserve} were reserved.");
        Convert.TryToHexString(token.Span, file.AsSpan(dictionary.ContentsOffset + 1, 2 * reserve), out _);
        return file;
    }

    /// <summary>Upper-case hexadecimal SHA-1 of /Contents with its padding: a name, no security function (ISO 32000-2 §12.8.4.4).</summary>
    internal static string VriKey(ReadOnlySpan<byte> contents) => Convert.ToHexString(DigestAlgorithm.Sha1.Hash(contents));

    private static byte[] Contents(ReadOnlyMemory<byte> pdf, string fieldName)
    {
        PdfSignature signature = PadesReader.Signatures(pdf).FirstOrDefault(each => each.FieldName == fieldName && each.Defects.Count == 0)
            ?? throw new PdfException(PdfProblem.NotSignable, "There is no sound signature of this name.");
        // The gap of a sound signature is exactly the hexadecimal string, with its delimiters.
        string digits = System.Text.Encoding.Latin1.GetString(pdf.Span[(signature.ByteRange[1] + 1)..(signature.ByteRange[2] - 1)]);
        digits = string.Concat(digits.Where(char.IsAsciiHexDigit));
        return Convert.FromHexString(digits.Length % 2 == 0 ? digits : digits + "0");
    }

    private static PdfFile Extensible(ReadOnlyMemory<byte> pdf)
    {
        PdfFile file = PdfFile.Parse(pdf);
        return file.IsTerminated ? file : throw PdfException.Malformed("Something follows the last cross-reference section.");
    }
}
