using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>CMS SignedData in its ContentInfo (RFC 5652 §5.1). Immutable; what was read is written back octet by octet.</summary>
public sealed class SignedData
{
    private static readonly Asn1Tag CertificatesTag = Der.Context(0, constructed: true);
    private static readonly Asn1Tag CrlsTag = Der.Context(1, constructed: true);

    private readonly int _version;
    private readonly ReadOnlyMemory<byte> _digestAlgorithms; // DER of the SET
    private readonly ReadOnlyMemory<byte> _certificates;     // DER of [0], empty when absent
    private readonly ReadOnlyMemory<byte> _crls;             // DER of [1], empty when absent

    private SignedData(
        int version, ReadOnlyMemory<byte> digestAlgorithms, string contentType, ReadOnlyMemory<byte>? content,
        ReadOnlyMemory<byte> certificates, ReadOnlyMemory<byte> crls, IReadOnlyList<SignerInfo> signers)
    {
        _version = version;
        _digestAlgorithms = digestAlgorithms;
        ContentType = contentType;
        Content = content;
        _certificates = certificates;
        _crls = crls;
        Signers = signers;
        Certificates = ReadCertificates(certificates);
    }

    /// <summary>eContentType, dotted.</summary>
    public string ContentType { get; }

    /// <summary>Content octets; null when the signature is detached.</summary>
    public ReadOnlyMemory<byte>? Content { get; }

    /// <summary>DER of the X.509 certificates in order of encoding; other formats are passed over.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Certificates { get; }

    /// <summary>SignerInfos in order of encoding.</summary>
    public IReadOnlyList<SignerInfo> Signers { get; }

    /// <summary>SignedData with one signer.</summary>
    /// <param name="contentType">Type of the content.</param>
    /// <param name="content">Content octets; null for a detached signature.</param>
    /// <param name="signer">The signer.</param>
    /// <param name="certificates">Certificates to include, the signer's among them; none leaves the field out.</param>
    public static SignedData Create(string contentType, byte[]? content, SignerInfo signer, params IReadOnlyList<Certificate> certificates)
    {
        byte[] digests = Der.Encode(writer =>
        {
            using (writer.PushSetOf())
                new AlgorithmIdentifier(signer.DigestOid, default).Write(writer);
        });
        byte[] certificateSet = certificates.Count == 0 ? [] : Der.Encode(writer =>
        {
            using (writer.PushSetOf(CertificatesTag))
            {
                foreach (Certificate certificate in certificates)
                    writer.WriteEncodedValue(certificate.Encoded.Span);
            }
        });
        ReadOnlyMemory<byte>? octets = null;
        if (content is not null)
            octets = content; // converting null would make it an attached empty content
        // RFC 5652 §5.1: 3 unless the content is id-data
        return new SignedData(contentType == Oids.Data ? 1 : 3, digests, contentType, octets, certificateSet, default, [signer]);
    }

    /// <summary>Reads untrusted DER; sets need not be sorted.</summary>
    /// <param name="der">Exactly one ContentInfo.</param>
    /// <exception cref="AsnContentException">The data is not DER, has another shape, or has no signer.</exception>
    public static SignedData Parse(ReadOnlyMemory<byte> der)
    {
        AsnReader outer = Der.CmsReader(der);
        AsnReader contentInfo = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        if (contentInfo.ReadObjectIdentifier() != Oids.SignedData)
            throw new AsnContentException("This is no SignedData.");
        AsnReader wrapped = contentInfo.ReadSequence(Der.Context(0));
        contentInfo.ThrowIfNotEmpty();
        AsnReader body = wrapped.ReadSequence();
        wrapped.ThrowIfNotEmpty();

        int version = Der.SmallInteger(body);
        ReadOnlyMemory<byte> digests = body.PeekEncodedValue();
        for (AsnReader algorithms = body.ReadSetOf(); algorithms.HasData;)
            AlgorithmIdentifier.Read(algorithms);
        (string contentType, ReadOnlyMemory<byte>? content) = ReadContent(body.ReadSequence());
        ReadOnlyMemory<byte> certificates = Der.NextIs(body, CertificatesTag) ? body.ReadEncodedValue() : default;
        ReadOnlyMemory<byte> crls = Der.NextIs(body, CrlsTag) ? body.ReadEncodedValue() : default;
        var signers = new List<SignerInfo>();
        AsnReader infos = body.ReadSetOf();
        do
            signers.Add(SignerInfo.Read(infos));
        while (infos.HasData);
        body.ThrowIfNotEmpty();
        return new SignedData(version, digests, contentType, content, certificates, crls, signers);
    }

    /// <summary>The same with one SignerInfo replaced, e.g. by itself with a time stamp.</summary>
    /// <param name="index">Which.</param>
    /// <param name="signer">Its replacement.</param>
    public SignedData WithSigner(int index, SignerInfo signer)
    {
        SignerInfo[] signers = [.. Signers];
        signers[index] = signer;
        return new SignedData(_version, _digestAlgorithms, ContentType, Content, _certificates, _crls, signers);
    }

    /// <summary>The certificate that a SignerInfo names, if it is included and well-formed; null otherwise.</summary>
    /// <param name="signer">One of <see cref="Signers"/>.</param>
    /// <exception cref="AsnContentException">An included certificate is malformed.</exception>
    public Certificate? FindCertificate(SignerInfo signer) =>
        Certificates.Select(der => Certificate.Parse(der)).FirstOrDefault(signer.Identifies);

    /// <summary>DER of the ContentInfo.</summary>
    public byte[] Encode()
    {
        AsnWriter writer = Der.Writer();
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Oids.SignedData);
            using (writer.PushSequence(Der.Context(0)))
            using (writer.PushSequence())
            {
                writer.WriteInteger(_version);
                writer.WriteEncodedValue(_digestAlgorithms.Span);
                WriteContent(writer);
                if (!_certificates.IsEmpty)
                    writer.WriteEncodedValue(_certificates.Span);
                if (!_crls.IsEmpty)
                    writer.WriteEncodedValue(_crls.Span);
                using (writer.PushSetOf())
                {
                    foreach (SignerInfo signer in Signers)
                        signer.Write(writer);
                }
            }
        }
        return writer.Encode();
    }

    private static (string Type, ReadOnlyMemory<byte>? Content) ReadContent(AsnReader encapsulated)
    {
        string type = encapsulated.ReadObjectIdentifier();
        if (!encapsulated.HasData)
            return (type, null);
        AsnReader wrapped = encapsulated.ReadSequence(Der.Context(0));
        encapsulated.ThrowIfNotEmpty();
        ReadOnlyMemory<byte> content = Der.Octets(wrapped);
        wrapped.ThrowIfNotEmpty();
        return (type, content);
    }

    private static List<ReadOnlyMemory<byte>> ReadCertificates(ReadOnlyMemory<byte> set)
    {
        var result = new List<ReadOnlyMemory<byte>>();
        if (set.IsEmpty)
            return result;
        for (AsnReader each = Der.CmsReader(set).ReadSetOf(CertificatesTag); each.HasData;)
        {
            bool isCertificate = Der.NextIs(each, UniversalTagNumber.Sequence);
            ReadOnlyMemory<byte> der = each.ReadEncodedValue();
            if (isCertificate)
                result.Add(der);
        }
        return result;
    }

    private void WriteContent(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(ContentType);
            if (Content is not { } content)
                return;
            using (writer.PushSequence(Der.Context(0)))
                writer.WriteOctetString(content.Span);
        }
    }
}
