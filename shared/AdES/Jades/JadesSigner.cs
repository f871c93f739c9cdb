using System.Security.Cryptography;
using System.Text;
using Pechat.Pki;

namespace Pechat.AdES.Jades;

/// <summary>How a JWS is written down (RFC 7515 §7).</summary>
public enum JwsSerialization
{
    /// <summary>Three parts with full stops; level B-B only.</summary>
    Compact,

    /// <summary>JSON with one signature.</summary>
    Flattened,

    /// <summary>JSON with a list of signatures.</summary>
    General,
}

/// <summary>
/// Makes JAdES baseline signatures B-B and B-T (TS 119 182-1 §6) in two phases: <c>Prepare</c> fixes the signing input,
/// <c>Complete</c> puts the value in.
/// </summary>
public static class JadesSigner
{
    private const string Attached = "JAdES", Detached = "JAdES detached", Raw = "JAdES raw", Further = "JAdES parallel";

    /// <summary>First phase over a payload that the signature carries.</summary>
    /// <param name="payload">What to sign.</param>
    /// <param name="claims">What the signer says; the media type becomes <c>cty</c>.</param>
    /// <param name="certificate">The signer's certificate.</param>
    /// <param name="chain">Further certificates to carry.</param>
    /// <param name="algorithm">Algorithm of the signature.</param>
    /// <param name="encoded">False signs the payload raw (RFC 7797, <c>b64:false</c>); it must then be UTF-8 text.</param>
    /// <exception cref="SignatureException">Key and algorithm do not fit, or a raw payload is no text.</exception>
    public static PendingSignature Prepare(
        ReadOnlyMemory<byte> payload, SignatureClaims claims, Certificate certificate, IReadOnlyList<Certificate> chain, SignatureAlgorithm algorithm, bool encoded = true)
    {
        byte[] header = Header(claims, certificate, chain, algorithm, null, !encoded);
        if (!encoded && !IsText(payload.Span))
            throw new SignatureException("A raw payload must be UTF-8 text, because it stands in JSON as it is (RFC 7797 §5).");
        byte[] part = encoded ? Encoding.ASCII.GetBytes(JwsDocument.Encode(payload.Span)) : payload.ToArray();
        return Pending(encoded ? Attached : Raw, header, part, certificate, chain, algorithm);
    }

    /// <summary>First phase over a payload that the signature does not carry and does not name (RFC 7515 appendix F).</summary>
    /// <param name="payload">What to sign.</param>
    /// <param name="claims">What the signer says; the media type becomes <c>cty</c>.</param>
    /// <param name="certificate">The signer's certificate.</param>
    /// <param name="chain">Further certificates to carry.</param>
    /// <param name="algorithm">Algorithm of the signature.</param>
    /// <param name="encoded">False signs the payload raw (RFC 7797, <c>b64:false</c>).</param>
    /// <exception cref="SignatureException">Key and algorithm do not fit.</exception>
    public static PendingSignature PrepareDetached(
        ReadOnlyMemory<byte> payload, SignatureClaims claims, Certificate certificate, IReadOnlyList<Certificate> chain, SignatureAlgorithm algorithm, bool encoded = true)
    {
        byte[] header = Header(claims, certificate, chain, algorithm, null, !encoded);
        byte[] part = encoded ? Encoding.ASCII.GetBytes(JwsDocument.Encode(payload.Span)) : payload.ToArray();
        return Pending(Detached, header, part, certificate, chain, algorithm);
    }

    /// <summary>First phase over objects or HTTP headers that the signature names but does not carry (<c>sigD</c>).</summary>
    /// <param name="content">What is signed, and by which mechanism.</param>
    /// <param name="claims">What the signer says; the media type is not used.</param>
    /// <param name="certificate">The signer's certificate.</param>
    /// <param name="chain">Further certificates to carry.</param>
    /// <param name="algorithm">Algorithm of the signature.</param>
    /// <param name="encoded">False for <c>b64:false</c>, which HTTP headers demand.</param>
    /// <exception cref="SignatureException">Key and algorithm, or mechanism and encoding, do not fit.</exception>
    public static PendingSignature PrepareDetached(
        DetachedContent content, SignatureClaims claims, Certificate certificate, IReadOnlyList<Certificate> chain, SignatureAlgorithm algorithm, bool encoded = true)
    {
        byte[] part = content.Payload(!encoded);
        byte[] header = Header(claims, certificate, chain, algorithm, content, !encoded);
        return Pending(Detached, header, part, certificate, chain, algorithm);
    }

    /// <summary>First phase of a further signature over the same carried payload.</summary>
    /// <param name="jws">JSON serialisation so far, untrusted; its strings stay as they are.</param>
    /// <param name="claims">What the signer says.</param>
    /// <param name="certificate">The signer's certificate.</param>
    /// <param name="chain">Further certificates to carry.</param>
    /// <param name="algorithm">Algorithm of the signature.</param>
    /// <exception cref="SignatureException">The JWS is malformed, detached, or its payload is raw.</exception>
    public static PendingSignature PrepareParallel(
        ReadOnlyMemory<byte> jws, SignatureClaims claims, Certificate certificate, IReadOnlyList<Certificate> chain, SignatureAlgorithm algorithm)
    {
        var document = JwsDocument.Parse(jws);
        // RFC 7797 §3: b64 is the same for all signatures, so a raw payload would have to be told from an encoded one by the first header.
        if (document.Payload is not { } payload || document.Signatures.Any(each => JadesHeader.IsRaw(each.Protected)))
            throw new SignatureException("A further signature needs a payload that is carried in base64url.");
        byte[] header = Header(claims, certificate, chain, algorithm, null, false);
        return Pending(Further, header, Encoding.ASCII.GetBytes(payload), certificate, chain, algorithm, jws);
    }

    /// <summary>Octets that a signature time stamp covers: the ASCII of the base64url signature value (§5.3.4).</summary>
    /// <param name="pending">Result of the first phase.</param>
    /// <param name="signature">Signature value; ECDSA as DER.</param>
    public static byte[] TimestampInput(PendingSignature pending, ReadOnlyMemory<byte> signature) =>
        Encoding.ASCII.GetBytes(JwsDocument.Encode(JwsAlgorithm.Value(pending, signature)));

    /// <summary>Second phase.</summary>
    /// <param name="pending">Result of the first phase.</param>
    /// <param name="signature">Signature value; ECDSA as DER.</param>
    /// <param name="serialization">How to write it; a further signature is always general.</param>
    /// <param name="timestampToken">Token over <see cref="TimestampInput"/> (level B-T); null for level B-B.</param>
    /// <exception cref="CryptographicException">The signature does not verify under the certificate, or the token is not over it.</exception>
    /// <exception cref="SignatureException">The compact serialisation has no room for a time stamp, nor for a raw payload with full stops.</exception>
    public static byte[] Complete(
        PendingSignature pending, ReadOnlyMemory<byte> signature, JwsSerialization serialization, ReadOnlyMemory<byte>? timestampToken = null)
    {
        pending.Check(signature.Span, Attached, Detached, Raw, Further);
        string value = JwsDocument.Encode(JwsAlgorithm.Value(pending, signature));
        string header = Encoding.ASCII.GetString(pending.ToBeSigned.Span[..pending.Slot]);
        ReadOnlySpan<byte> part = pending.ToBeSigned.Span[(pending.Slot + 1)..];
        string? payload = pending.Kind == Detached ? null : Encoding.UTF8.GetString(part);
        IReadOnlyList<string> unsigned = timestampToken is { } token
            ? [UnsignedElement.SignatureTimestamp(TimestampCheck.Checked(token, Encoding.ASCII.GetBytes(value), pending.Certificate))]
            : [];
        var own = new JwsSignature(header, value, unsigned);
        if (pending.Kind == Further)
        {
            var document = JwsDocument.Parse(pending.Document);
            return (document with { Signatures = [.. document.Signatures, own] }).Write(alwaysGeneral: true);
        }
        if (serialization != JwsSerialization.Compact)
            return new JwsDocument(payload, [own]).Write(serialization == JwsSerialization.General);
        if (unsigned.Count > 0)
            throw new SignatureException("The compact serialisation has no place for a time stamp.");
        if (pending.Kind == Raw && part.Contains((byte)'.'))
            throw new SignatureException("A raw payload with a full stop cannot stand in the compact serialisation (RFC 7797 §5.2).");
        return Encoding.UTF8.GetBytes($"{header}.{payload}.{value}");
    }

    private static byte[] Header(
        SignatureClaims claims, Certificate certificate, IReadOnlyList<Certificate> chain, SignatureAlgorithm algorithm, DetachedContent? content, bool raw)
    {
        JwsAlgorithm.CheckCurve(algorithm, certificate);
        return Encoding.ASCII.GetBytes(JwsDocument.Encode(ProtectedHeader.Write(
            claims, certificate, [.. chain.Where(each => !each.Encoded.Span.SequenceEqual(certificate.Encoded.Span))], algorithm, content, raw)));
    }

    private static PendingSignature Pending(
        string kind, byte[] header, byte[] payload, Certificate certificate, IReadOnlyList<Certificate> chain, SignatureAlgorithm algorithm, ReadOnlyMemory<byte> document = default) =>
        new(kind, (byte[])[.. header, (byte)'.', .. payload], certificate, chain, algorithm, document, header.Length);

    private static bool IsText(ReadOnlySpan<byte> payload) => System.Text.Unicode.Utf8.IsValid(payload);
}
