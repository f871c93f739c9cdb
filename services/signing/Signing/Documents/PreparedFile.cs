using Pechat.AdES;
using Pechat.AdES.Cades;
using Pechat.AdES.Jades;
using Pechat.AdES.Pades;
using Pechat.AdES.Xades;
using Pechat.Pki;
using Pechat.Signing.Csc;

namespace Pechat.Signing.Documents;

/// <summary>A file of any format between its preparation and its signature.</summary>
/// <param name="Digest">What the phone confirms and the key signs.</param>
/// <param name="Stored">What is kept until then: PAdES as it always was, others with a letter before it.</param>
/// <param name="MediaType">Of the signed file.</param>
internal sealed record PreparedFile(byte[] Digest, byte[] Stored, string MediaType)
{
    /// <summary>Media type of a signature beside its file.</summary>
    internal const string DetachedType = "application/pkcs7-signature";

    private const byte Der = 0x30; // a PAdES preparation begins with the tag of a SEQUENCE, which no letter of a format has

    /// <exception cref="PdfException">The PDF cannot be signed.</exception>
    /// <exception cref="SignatureException">The file cannot be signed in this format.</exception>
    internal static PreparedFile Prepare(DocumentItem item, DateTimeOffset now, Certificate certificate, IReadOnlyList<Certificate> chain, SignatureAlgorithm algorithm)
    {
        if (item.Format == SignatureFormat.Pades)
        {
            PreparedSignature prepared = PadesSigner.Prepare(item.Content, item.Options(now), certificate, chain, algorithm);
            return new PreparedFile(prepared.Digest, prepared.Encode(), "application/pdf");
        }
        var claims = new SignatureClaims { SigningTime = now };
        ReadOnlyMemory<byte> content = item.Content;
        (PendingSignature pending, string type) = (item.Format, item.Envelope) switch
        {
            (SignatureFormat.Cades, "Detached") => (CadesSigner.Prepare(algorithm.Digest.Hash(content.Span), claims, certificate, chain, algorithm), DetachedType),
            (SignatureFormat.Cades, _) => (CadesSigner.PrepareEnveloping(content, claims, certificate, chain, algorithm), "application/pkcs7-mime"),
            (SignatureFormat.Jades, _) => (JadesSigner.Prepare(content, claims, certificate, chain, algorithm), "application/jose+json"),
            (_, "Enveloping") => (XadesSigner.PrepareEnveloping(content, claims, certificate, chain, algorithm), "application/xml"),
            _ => (XadesSigner.PrepareEnveloped(content, claims, certificate, chain, algorithm), "application/xml"),
        };
        return new PreparedFile(pending.Digest, [(byte)item.Format, .. pending.Encode()], type);
    }

    /// <summary>The signed file.</summary>
    /// <param name="stored">As kept.</param>
    /// <param name="signature">Signature value; ECDSA as DER.</param>
    /// <param name="stampAsync">Answers a token over the hash of the given octets; null for level B-B.</param>
    internal static async Task<byte[]> CompleteAsync(byte[] stored, byte[] signature, Func<byte[], Task<ReadOnlyMemory<byte>>>? stampAsync)
    {
        if (stored[0] == Der)
            return PadesSigner.Complete(PreparedSignature.FromTrusted(stored), signature, await StampAsync(signature));
        var pending = PendingSignature.FromTrusted(stored.AsMemory(1));
        return (SignatureFormat)stored[0] switch
        {
            SignatureFormat.Cades => CadesSigner.Complete(pending, signature, await StampAsync(signature)),
            SignatureFormat.Jades => JadesSigner.Complete(pending, signature, JwsSerialization.Flattened, await StampAsync(JadesSigner.TimestampInput(pending, signature))),
            SignatureFormat.Xades => XadesSigner.Complete(pending, signature, await StampAsync(XadesSigner.TimestampInput(pending, signature))),
            _ => throw new InvalidOperationException("This file was prepared in an unknown format."),
        };

        async Task<ReadOnlyMemory<byte>?> StampAsync(byte[] data)
        {
            if (stampAsync is null)
                return null; // converting null would make it an empty token
            return await stampAsync(data);
        }
    }
}
