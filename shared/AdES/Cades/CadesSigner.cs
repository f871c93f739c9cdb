using System.Formats.Asn1;
using System.Security.Cryptography;
using Pechat.Pki;

namespace Pechat.AdES.Cades;

/// <summary>
/// Makes CAdES baseline signatures B-B and B-T (EN 319 122-1 §6.3) in two phases: <c>Prepare</c> fixes what is signed,
/// <c>Complete</c> puts the value in. The content is hashed by the caller (<see cref="ContentHash"/>), so it may have any size.
/// </summary>
public static class CadesSigner
{
    internal const string First = "CAdES";
    internal const string Enveloping = "CAdES enveloping";
    internal const string Parallel = "CAdES parallel";
    internal const string Counter = "CAdES counter";

    /// <summary>First phase of a first signature.</summary>
    /// <param name="contentDigest">Hash of the content by the hash of the algorithm.</param>
    /// <param name="claims">What the signer says.</param>
    /// <param name="certificate">The signer's certificate.</param>
    /// <param name="chain">Further certificates to carry.</param>
    /// <param name="algorithm">Algorithm of the signature.</param>
    public static PendingSignature Prepare(
        ReadOnlyMemory<byte> contentDigest, SignatureClaims claims, Certificate certificate, IReadOnlyList<Certificate> chain, SignatureAlgorithm algorithm)
    {
        CheckLength(contentDigest, algorithm);
        byte[] attributes = CadesAttributes.Signed(Oids.Data, contentDigest, certificate, algorithm.Digest, claims);
        return new PendingSignature(First, attributes, certificate, chain, algorithm);
    }

    /// <summary>First phase of a first signature that carries its content, when that is small enough to be kept until the second phase.</summary>
    /// <param name="content">What to sign and to carry.</param>
    /// <param name="claims">What the signer says.</param>
    /// <param name="certificate">The signer's certificate.</param>
    /// <param name="chain">Further certificates to carry.</param>
    /// <param name="algorithm">Algorithm of the signature.</param>
    public static PendingSignature PrepareEnveloping(
        ReadOnlyMemory<byte> content, SignatureClaims claims, Certificate certificate, IReadOnlyList<Certificate> chain, SignatureAlgorithm algorithm)
    {
        PendingSignature detached = Prepare(algorithm.Digest.Hash(content.Span), claims, certificate, chain, algorithm);
        return new PendingSignature(Enveloping, detached.ToBeSigned, certificate, chain, algorithm, content);
    }

    /// <summary>First phase of a further signature over the same content, beside those that are there.</summary>
    /// <param name="cms">The message so far, untrusted; its octets stay as they are.</param>
    /// <param name="contentDigest">Hash of the content; must be that of the content inside when the message is enveloping.</param>
    /// <param name="claims">What the signer says.</param>
    /// <param name="certificate">The signer's certificate.</param>
    /// <param name="chain">Further certificates to carry.</param>
    /// <param name="algorithm">Algorithm of the signature.</param>
    /// <exception cref="SignatureException">The message is malformed or has another content.</exception>
    public static PendingSignature PrepareParallel(
        ReadOnlyMemory<byte> cms, ReadOnlyMemory<byte> contentDigest, SignatureClaims claims, Certificate certificate, IReadOnlyList<Certificate> chain, SignatureAlgorithm algorithm)
    {
        CheckLength(contentDigest, algorithm);
        CmsMessage message = Read(cms);
        if (message.Content is { } content && !contentDigest.Span.SequenceEqual(algorithm.Digest.Hash(content.Span)))
            throw new SignatureException("The message holds another content than the one to be signed.");
        RefuseIfSealed(message);
        byte[] attributes = CadesAttributes.Signed(message.ContentType, contentDigest, certificate, algorithm.Digest, claims);
        return new PendingSignature(Parallel, attributes, certificate, chain, algorithm, cms);
    }

    /// <summary>First phase of a counter-signature: it covers another's signature value (§5.2.7).</summary>
    /// <param name="cms">The message, untrusted; its octets stay as they are.</param>
    /// <param name="signer">Position of the signature to countersign.</param>
    /// <param name="claims">What the signer says; the media type is not used.</param>
    /// <param name="certificate">The countersigner's certificate.</param>
    /// <param name="chain">Further certificates to carry.</param>
    /// <param name="algorithm">Algorithm of the counter-signature.</param>
    /// <exception cref="SignatureException">The message is malformed.</exception>
    public static PendingSignature PrepareCounter(
        ReadOnlyMemory<byte> cms, int signer, SignatureClaims claims, Certificate certificate, IReadOnlyList<Certificate> chain, SignatureAlgorithm algorithm)
    {
        CmsMessage message = Read(cms);
        RefuseIfSealed(message);
        byte[] digest = algorithm.Digest.Hash(At(message, signer).SignatureValue);
        byte[] attributes = CadesAttributes.Signed(null, digest, certificate, algorithm.Digest, claims);
        return new PendingSignature(Counter, attributes, certificate, chain, algorithm, cms, signer);
    }

    /// <summary>Second phase: a detached or enveloping signature, or the message with one more signature or counter-signature.</summary>
    /// <param name="pending">Result of the first phase.</param>
    /// <param name="signature">Signature value; ECDSA as DER.</param>
    /// <param name="timestampToken">Token over the signature value (level B-T); null for level B-B.</param>
    /// <returns>The message; DER if what it was added to is DER.</returns>
    /// <exception cref="CryptographicException">The signature does not verify under the certificate, or the token is not over it.</exception>
    public static byte[] Complete(PendingSignature pending, ReadOnlyMemory<byte> signature, ReadOnlyMemory<byte>? timestampToken = null)
    {
        CmsSigner signer = Assemble(pending, signature, timestampToken, First, Enveloping, Parallel, Counter);
        if (pending.Kind == First)
            return Message(pending, signer).Encode();
        if (pending.Kind == Enveloping)
            return Message(pending, signer).Enveloping(pending.Document).Encode();
        CmsMessage message = Read(pending.Document);
        if (pending.Kind == Parallel)
            return message.WithSigner(signer, [pending.Certificate, .. pending.Chain]).Encode();
        CmsSigner countersigned = message.Signers[pending.Slot].WithUnsigned(CadesOids.CounterSignature, signer.Encode());
        CmsMessage result = message.WithSigner(pending.Slot, countersigned);
        return (result with { Certificates = Certificates(pending).Aggregate(result.Certificates, (all, each) => all.With(each)) }).Encode();
    }

    /// <summary>Second phase of an enveloping signature: the content streams through and is checked against what was signed.</summary>
    /// <param name="pending">Result of <see cref="Prepare"/>.</param>
    /// <param name="signature">Signature value; ECDSA as DER.</param>
    /// <param name="timestampToken">Token over the signature value (level B-T); null for level B-B.</param>
    /// <param name="content">The content once more.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="output">Receives DER; worthless after an exception.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="CryptographicException">The signature does not verify under the certificate, or the token is not over it.</exception>
    /// <exception cref="SignatureException">The content is not the one that was signed.</exception>
    public static Task CompleteEnvelopingAsync(
        PendingSignature pending, ReadOnlyMemory<byte> signature, ReadOnlyMemory<byte>? timestampToken, Stream content, long length, Stream output, CancellationToken ct)
    {
        CmsSigner signer = Assemble(pending, signature, timestampToken, First);
        ReadOnlyMemory<byte> digest = SignedAttributes.Parse(pending.ToBeSigned).MessageDigest;
        return Message(pending, signer).WriteAsync(content, length, digest, pending.Algorithm.Digest, output, ct);
    }

    internal static CmsMessage Read(ReadOnlyMemory<byte> cms)
    {
        try
        {
            return CmsMessage.Parse(cms);
        }
        catch (AsnContentException malformed)
        {
            throw new SignatureException("This is no CMS signature.", malformed);
        }
    }

    internal static CmsSigner At(CmsMessage message, int signer) =>
        signer >= 0 && signer < message.Signers.Count ? message.Signers[signer] : throw new SignatureException("There is no signature at this position.");

    private static CmsSigner Assemble(PendingSignature pending, ReadOnlyMemory<byte> signature, ReadOnlyMemory<byte>? token, params ReadOnlySpan<string> kinds)
    {
        pending.Check(signature.Span, kinds);
        CmsSigner signer = CmsSigner.Create(pending, signature);
        return token is { } stamp ? signer.WithUnsigned(Oids.SignatureTimestamp, TimestampCheck.Checked(stamp, signature.Span, pending.Certificate)) : signer;
    }

    private static CmsMessage Message(PendingSignature pending, CmsSigner signer) => new CmsMessage().WithSigner(signer, [pending.Certificate, .. pending.Chain]);

    private static IEnumerable<ReadOnlyMemory<byte>> Certificates(PendingSignature pending) => pending.Chain.Prepend(pending.Certificate).Select(each => each.Encoded);

    /// <summary>An archive time stamp of the second version covers all certificates: nothing may be added to the message any more (ades.md 2.7).</summary>
    private static void RefuseIfSealed(CmsMessage message)
    {
        if (message.Signers.SelectMany(each => each.Unsigned).Any(each => each.Oid is CadesOids.ArchiveTimestampV2 or CadesOids.LongTermValidation))
            throw new SignatureException("An archive time stamp of the old form covers the whole message, so nothing can be added.");
    }

    private static void CheckLength(ReadOnlyMemory<byte> digest, SignatureAlgorithm algorithm)
    {
        if (digest.Length != algorithm.Digest.Length)
            throw new ArgumentException($"A {algorithm.Digest} digest has {algorithm.Digest.Length} bytes.", nameof(digest));
    }
}
