using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>OCSPRequest (RFC 6960 §4.1.1). A signature on it is read over: we answer anybody.</summary>
public sealed class OcspRequest
{
    private OcspRequest(IReadOnlyList<CertId> certificates, IReadOnlyList<Extension> extensions)
    {
        Certificates = certificates;
        Extensions = extensions;
        Nonce = OcspNonce.Read(extensions);
    }

    /// <summary>Which certificates are asked about, at least one.</summary>
    public IReadOnlyList<CertId> Certificates { get; }

    /// <summary>requestExtensions.</summary>
    public IReadOnlyList<Extension> Extensions { get; }

    /// <summary>Nonce of 1 to 128 octets; null for none.</summary>
    public ReadOnlyMemory<byte>? Nonce { get; }

    /// <summary>DER of an unsigned request.</summary>
    /// <param name="certificates">Which certificates.</param>
    /// <param name="nonce">Random octets, 32 by RFC 9654; null for none.</param>
    public static byte[] Encode(IReadOnlyList<CertId> certificates, ReadOnlyMemory<byte>? nonce = null)
    {
        AsnWriter writer = Der.Writer();
        using (writer.PushSequence())
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                foreach (CertId certificate in certificates)
                {
                    using (writer.PushSequence())
                        writer.WriteEncodedValue(certificate.Encoded.Span);
                }
            }
            if (nonce is { } octets)
            {
                using (writer.PushSequence(Der.Context(2)))
                    Extension.WriteList(writer, [OcspNonce.Write(octets)]);
            }
        }
        return writer.Encode();
    }

    /// <summary>Reads untrusted DER.</summary>
    /// <param name="der">Exactly one request.</param>
    /// <exception cref="AsnContentException">The data is not DER, has another shape, a nonce of a wrong length, or a critical extension that we do not know.</exception>
    public static OcspRequest Parse(ReadOnlyMemory<byte> der)
    {
        AsnReader request = Der.Sequence(der);
        AsnReader tbs = request.ReadSequence();
        if (request.HasData)
            request.ReadSequence(Der.Context(0)); // optionalSignature
        request.ThrowIfNotEmpty();

        ReadVersion(tbs);
        if (Der.NextIs(tbs, Der.Context(1)))
            tbs.ReadSequence(Der.Context(1)); // requestorName
        var certificates = new List<CertId>();
        AsnReader list = tbs.ReadSequence();
        do
            certificates.Add(ReadSingle(list.ReadSequence()));
        while (list.HasData);
        IReadOnlyList<Extension> extensions = tbs.HasData ? ReadExtensions(tbs, Der.Context(2)) : [];
        tbs.ThrowIfNotEmpty();
        return new OcspRequest(certificates, extensions);
    }

    private static void ReadVersion(AsnReader tbs)
    {
        if (!Der.NextIs(tbs, Der.Context(0)))
            return;
        AsnReader version = tbs.ReadSequence(Der.Context(0)); // v1 is the default: DER leaves it out, some clients do not
        if (Der.SmallInteger(version) != 0)
            throw new AsnContentException("Only version 1 requests are accepted.");
        version.ThrowIfNotEmpty();
    }

    private static CertId ReadSingle(AsnReader single)
    {
        CertId certificate = CertId.Read(single);
        if (single.HasData)
            ReadExtensions(single, Der.Context(0));
        single.ThrowIfNotEmpty();
        return certificate;
    }

    private static IReadOnlyList<Extension> ReadExtensions(AsnReader reader, Asn1Tag tag)
    {
        AsnReader wrapped = reader.ReadSequence(tag);
        IReadOnlyList<Extension> extensions = Extension.ReadList(wrapped);
        wrapped.ThrowIfNotEmpty();
        if (extensions.Any(each => each.Critical && each.Oid != Oids.OcspNonce))
            throw new AsnContentException("A critical extension of the request is not known.");
        return extensions;
    }
}
