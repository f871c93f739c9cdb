using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>SignerInfo with signed attributes (RFC 5652 §5.3). Immutable.</summary>
public sealed class SignerInfo
{
    private readonly ReadOnlyMemory<byte> _signerId; // DER of SignerIdentifier

    private SignerInfo(
        ReadOnlyMemory<byte> signerId, string digestOid, AlgorithmIdentifier signatureIdentifier,
        SignedAttributes attributes, ReadOnlyMemory<byte> signature, IReadOnlyList<CmsAttribute> unsigned)
    {
        _signerId = signerId;
        DigestOid = digestOid;
        SignatureIdentifier = signatureIdentifier;
        SignedAttributes = attributes;
        Signature = signature;
        UnsignedAttributes = unsigned;
    }

    /// <summary>digestAlgorithm, dotted.</summary>
    public string DigestOid { get; }

    /// <summary>signatureAlgorithm as read.</summary>
    public AlgorithmIdentifier SignatureIdentifier { get; }

    /// <summary>Row of our table; null when digest and signature algorithm are none of ours or do not fit together.</summary>
    public SignatureAlgorithm? Algorithm =>
        DigestAlgorithm.Find(DigestOid) is { } digest ? SignatureAlgorithm.FindForCms(SignatureIdentifier, digest) : null;

    /// <summary>Signed attributes.</summary>
    public SignedAttributes SignedAttributes { get; }

    /// <summary>Signature value; its octets are what a signature time stamp covers.</summary>
    public ReadOnlyMemory<byte> Signature { get; }

    /// <summary>Unsigned attributes in order of encoding.</summary>
    public IReadOnlyList<CmsAttribute> UnsignedAttributes { get; }

    /// <summary>Puts attributes and the signature that a key holder made over them together.</summary>
    /// <param name="certificate">The signer's certificate.</param>
    /// <param name="algorithm">Algorithm of the signature; its hash is also the one over the content.</param>
    /// <param name="attributes">What was signed.</param>
    /// <param name="signature">Signature value.</param>
    public static SignerInfo Create(Certificate certificate, SignatureAlgorithm algorithm, SignedAttributes attributes, ReadOnlyMemory<byte> signature) =>
        new(IssuerAndSerial(certificate), algorithm.Digest.Oid, algorithm.Identifier, attributes, signature, []);

    /// <summary>The same with one more unsigned attribute, as an attribute of its own even if there is one with this OID.</summary>
    /// <param name="attribute">E.g. <see cref="Oids.SignatureTimestamp"/> with a token.</param>
    public SignerInfo WithUnsigned(CmsAttribute attribute) =>
        new(_signerId, DigestOid, SignatureIdentifier, SignedAttributes, Signature, [.. UnsignedAttributes, attribute]);

    /// <summary>True when the SignerIdentifier names this certificate.</summary>
    /// <param name="certificate">Certificate.</param>
    public bool Identifies(Certificate certificate) =>
        _signerId.Span.SequenceEqual(IssuerAndSerial(certificate))
        || (certificate.SubjectKeyIdentifier() is { } keyId && _signerId.Span.SequenceEqual(Der.Encode(w => w.WriteOctetString(keyId.Span, Der.Context(0)))));

    /// <summary>True when the signature over the attributes verifies and signing-certificate-v2, if present, names the certificate.</summary>
    /// <param name="certificate">The signer's certificate.</param>
    public bool Verify(Certificate certificate) =>
        Algorithm is { } algorithm
        && SignedAttributes.SigningCertificate?.Matches(certificate) != false
        && certificate.PublicKey.Verify(algorithm, SignedAttributes.ToBeSigned.Span, Signature.Span);

    internal static SignerInfo Read(AsnReader reader)
    {
        AsnReader sequence = reader.ReadSequence();
        int version = Der.SmallInteger(sequence);
        bool byKey = Der.NextIs(sequence, Der.Context(0));
        if (version != (byKey ? 3 : 1))
            throw new AsnContentException("The version of a SignerInfo does not fit its identifier.");
        ReadOnlyMemory<byte> signerId = sequence.ReadEncodedValue();
        string digest = AlgorithmIdentifier.Read(sequence).Oid;
        if (!Der.NextIs(sequence, Der.Context(0)))
            throw new AsnContentException("Signed attributes are missing.");
        SignedAttributes attributes = SignedAttributes.ReadImplicit(sequence);
        AlgorithmIdentifier algorithm = AlgorithmIdentifier.Read(sequence);
        ReadOnlyMemory<byte> signature = Der.Octets(sequence);
        List<CmsAttribute> unsigned = sequence.HasData ? CmsAttribute.ReadAll(sequence.ReadSetOf(Der.Context(1))) : [];
        sequence.ThrowIfNotEmpty();
        return new SignerInfo(signerId, digest, algorithm, attributes, signature, unsigned);
    }

    internal void Write(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteInteger(_signerId.Span[0] == 0x30 ? 1 : 3);
            writer.WriteEncodedValue(_signerId.Span);
            new AlgorithmIdentifier(DigestOid, default).Write(writer);
            SignedAttributes.WriteImplicit(writer);
            SignatureIdentifier.Write(writer);
            writer.WriteOctetString(Signature.Span);
            if (UnsignedAttributes.Count == 0)
                return;
            using (writer.PushSetOf(Der.Context(1)))
            {
                foreach (CmsAttribute attribute in UnsignedAttributes)
                    attribute.Write(writer);
            }
        }
    }

    private static byte[] IssuerAndSerial(Certificate certificate) => Der.Encode(writer =>
    {
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(certificate.Issuer.Encoded.Span);
            writer.WriteInteger(certificate.SerialNumber.Span);
        }
    });
}
