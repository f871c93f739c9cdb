using System.Security.Cryptography;
using System.Text;
using Pechat.Pki;

namespace Pechat.AdES.Jades;

/// <summary>
/// Extends JAdES signatures in JSON serialisation, our own and others', to the levels T, LT and LTA (TS 119 182-1 §6). Every string that
/// somebody may have hashed stays as it is; unsigned elements that are clear objects are refused, because they have no fixed octets.
/// </summary>
public static class JadesExtension
{
    /// <summary>Adds a signature time stamp (level T).</summary>
    /// <param name="jws">JSON serialisation, untrusted.</param>
    /// <param name="signature">Position of the signature.</param>
    /// <param name="source">Who stamps.</param>
    /// <param name="digest">Hash of the imprint.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="SignatureException">The JWS is malformed or may not be extended.</exception>
    /// <exception cref="CryptographicException">The token is not what was asked for.</exception>
    public static async Task<byte[]> StampAsync(ReadOnlyMemory<byte> jws, int signature, TimestampSource source, DigestAlgorithm digest, CancellationToken ct)
    {
        var document = JwsDocument.Parse(jws);
        JwsSignature target = At(document, signature);
        ReadOnlyMemory<byte> token = await TimestampCheck.StampAsync(source, Encoding.ASCII.GetBytes(target.Signature), digest, ct).ConfigureAwait(false);
        return With(document, signature, UnsignedElement.SignatureTimestamp(token));
    }

    /// <summary>Adds validation data (level LT): <c>xVals</c> and <c>rVals</c>, after a later time stamp <c>tstVD</c>.</summary>
    /// <param name="jws">JSON serialisation, untrusted.</param>
    /// <param name="signature">Position of the signature.</param>
    /// <param name="data">Certificates and revocation data for the signer and for every time stamp.</param>
    /// <exception cref="SignatureException">The JWS is malformed, has no time stamp, or may not be extended.</exception>
    public static byte[] AddValidationData(ReadOnlyMemory<byte> jws, int signature, ValidationData data)
    {
        var document = JwsDocument.Parse(jws);
        string[] names = [.. At(document, signature).Unsigned.Select(UnsignedElement.Name)];
        if (!names.Contains("sigTst"))
            throw new SignatureException("Level LT needs a time stamp first.");
        return names.Contains("xVals") || names.Contains("rVals") // each once at most
            ? With(document, signature, UnsignedElement.TimestampValidationData(data))
            : With(document, signature, UnsignedElement.CertificateValues(data), UnsignedElement.RevocationValues(data));
    }

    /// <summary>Adds an archive time stamp over everything (level LTA); it may be added again before the last one ages.</summary>
    /// <param name="jws">JSON serialisation, untrusted; validation data for its newest time stamp was added before.</param>
    /// <param name="signature">Position of the signature.</param>
    /// <param name="detached">What stands for a payload that is not carried: base64url of it, or the raw octets with <c>b64:false</c>, with <c>sigD</c> those of all objects
    /// one after the other; null when the payload is carried.</param>
    /// <param name="source">Who stamps.</param>
    /// <param name="digest">Hash of the imprint.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="SignatureException">The JWS is malformed, lacks its payload, or may not be extended.</exception>
    /// <exception cref="CryptographicException">The token is not what was asked for.</exception>
    public static async Task<byte[]> ArchiveAsync(
        ReadOnlyMemory<byte> jws, int signature, ReadOnlyMemory<byte>? detached, TimestampSource source, DigestAlgorithm digest, CancellationToken ct)
    {
        var document = JwsDocument.Parse(jws);
        JwsSignature target = At(document, signature);
        ReadOnlyMemory<byte> payload = document.Payload is { } carried ? Encoding.UTF8.GetBytes(carried)
            : detached ?? throw new SignatureException("The detached payload is needed.");
        ReadOnlyMemory<byte> token = await TimestampCheck.StampAsync(source, ArchiveInput(payload.Span, target), digest, ct).ConfigureAwait(false);
        return With(document, signature, UnsignedElement.ArchiveTimestamp(token));
    }

    /// <summary>What an archive time stamp covers (§5.3.6.2); elements that are base64url count as they stand.</summary>
    internal static byte[] ArchiveInput(ReadOnlySpan<byte> payload, JwsSignature signature) =>
        [.. payload, .. Encoding.ASCII.GetBytes($".{signature.Protected}.{signature.Signature}.{string.Concat(signature.Unsigned)}")];

    private static JwsSignature At(JwsDocument document, int signature)
    {
        if (signature < 0 || signature >= document.Signatures.Count)
            throw new SignatureException("There is no signature at this position.");
        JwsSignature target = document.Signatures[signature];
        _ = JadesHeader.IsRaw(target.Protected); // the header keeps the rules
        if (target.Unsigned.Select(UnsignedElement.Name).FirstOrDefault(UnsignedElement.Extended.Contains) is { } extended)
            throw new SignatureException($"The signature has the element {extended} of the extended profiles, which no baseline level allows.");
        return target;
    }

    private static byte[] With(JwsDocument document, int signature, params ReadOnlySpan<string> elements)
    {
        JwsSignature[] signatures = [.. document.Signatures];
        signatures[signature] = signatures[signature] with { Unsigned = [.. signatures[signature].Unsigned, .. elements] };
        return (document with { Signatures = signatures }).Write(alwaysGeneral: document.IsGeneral);
    }
}
