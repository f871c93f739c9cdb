using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>PKCS#10 (RFC 2986): a key and the proof that the requester holds it. Requested extensions are never read; the CA sets every extension.</summary>
public sealed class CertificationRequest
{
    private CertificationRequest(SignedObject signed)
    {
        Signed = signed;
        AsnReader info = Der.Sequence(signed.Tbs);
        if (Der.SmallInteger(info) != 0)
            throw new AsnContentException("Only version 1 requests are accepted.");
        Subject = DistinguishedName.Parse(info.ReadEncodedValue());
        PublicKey = SubjectPublicKey.Parse(info.ReadEncodedValue());
        AsnReader attributes = info.ReadSetOf(Der.Context(0));
        while (attributes.HasData)
            attributes.ReadSequence();
        info.ThrowIfNotEmpty();
    }

    /// <summary>Signed part, algorithm and signature.</summary>
    public SignedObject Signed { get; }

    /// <summary>Name asked for; a CA takes the subject from identity proofing instead.</summary>
    public DistinguishedName Subject { get; }

    /// <summary>Key to certify.</summary>
    public SubjectPublicKey PublicKey { get; }

    /// <summary>Proof of possession: the request is signed by its own key with an algorithm of our table, which leaves out MD5 and SHA-1.</summary>
    public bool ProvesPossession => Signed.Verify(PublicKey);

    /// <summary>CertificationRequestInfo to be signed by the key it names; sign with <see cref="SignedObject.SignAsync"/>.</summary>
    /// <param name="subject">Name asked for.</param>
    /// <param name="key">Key to certify.</param>
    public static byte[] ToBeSigned(DistinguishedName subject, SubjectPublicKey key)
    {
        AsnWriter writer = Der.Writer();
        using (writer.PushSequence())
        {
            writer.WriteInteger(0);
            writer.WriteEncodedValue(subject.Encoded.Span);
            writer.WriteEncodedValue(key.Encoded.Span);
            using (writer.PushSetOf(Der.Context(0)))
            {
                // RFC 2986 §4.1: attributes are not optional, but may be none
            }
        }
        return writer.Encode();
    }

    /// <summary>A signed request.</summary>
    /// <param name="subject">Name asked for.</param>
    /// <param name="key">Key to certify.</param>
    /// <param name="signer">Holder of its private half.</param>
    /// <param name="ct">Gives up waiting.</param>
    public static ValueTask<byte[]> SignAsync(DistinguishedName subject, SubjectPublicKey key, ISigner signer, CancellationToken ct) =>
        SignedObject.SignAsync(ToBeSigned(subject, key), signer, ct);

    /// <summary>Reads untrusted DER; ask <see cref="ProvesPossession"/> before believing it.</summary>
    /// <param name="der">Exactly one request.</param>
    /// <exception cref="AsnContentException">The data is not DER or has another shape.</exception>
    public static CertificationRequest Parse(ReadOnlyMemory<byte> der) => new(SignedObject.Parse(der));
}
