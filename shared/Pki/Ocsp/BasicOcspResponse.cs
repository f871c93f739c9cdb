using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>BasicOCSPResponse (RFC 6960 §4.2.1): signed answers. Immutable.</summary>
public sealed class BasicOcspResponse
{
    private static readonly Asn1Tag ByName = Der.Context(1);
    private static readonly Asn1Tag ByKey = Der.Context(2);

    private BasicOcspResponse(SignedObject signed, IReadOnlyList<ReadOnlyMemory<byte>> certificates)
    {
        Signed = signed;
        Certificates = certificates;
        AsnReader data = Der.Sequence(signed.Tbs);
        if (Der.NextIs(data, ByName))
        {
            AsnReader name = data.ReadSequence(ByName);
            ResponderName = DistinguishedName.Parse(name.ReadEncodedValue());
            name.ThrowIfNotEmpty();
        }
        else
        {
            AsnReader key = data.ReadSequence(ByKey);
            ResponderKey = Der.Octets(key);
            key.ThrowIfNotEmpty();
        }
        ProducedAt = data.ReadGeneralizedTime();
        var responses = new List<SingleResponse>();
        AsnReader list = data.ReadSequence();
        do
            responses.Add(SingleResponse.Read(list));
        while (list.HasData);
        Responses = responses;
        Extensions = data.HasData ? ReadExtensions(data) : [];
        data.ThrowIfNotEmpty();
        Nonce = OcspNonce.Read(Extensions);
    }

    /// <summary>Signed part, algorithm and signature.</summary>
    public SignedObject Signed { get; }

    /// <summary>ResponderID byName; null when byKey.</summary>
    public DistinguishedName? ResponderName { get; }

    /// <summary>ResponderID byKey: SHA-1 of the responder's key bits; null when byName.</summary>
    public ReadOnlyMemory<byte>? ResponderKey { get; }

    /// <summary>When it was signed.</summary>
    public DateTimeOffset ProducedAt { get; }

    /// <summary>Answers, at least one.</summary>
    public IReadOnlyList<SingleResponse> Responses { get; }

    /// <summary>responseExtensions.</summary>
    public IReadOnlyList<Extension> Extensions { get; }

    /// <summary>The request's nonce; null for none.</summary>
    public ReadOnlyMemory<byte>? Nonce { get; }

    /// <summary>DER of the certificates that came with it.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Certificates { get; }

    /// <summary>Signs answers and encodes the whole OCSPResponse.</summary>
    /// <param name="responses">Answers, at least one.</param>
    /// <param name="producedAt">Time of signing.</param>
    /// <param name="nonce">The request's nonce, to be echoed.</param>
    /// <param name="responder">The responder's certificate, which is included.</param>
    /// <param name="signer">The responder's key.</param>
    /// <param name="ct">Gives up waiting.</param>
    public static async ValueTask<byte[]> SignAsync(
        IReadOnlyList<SingleResponse> responses, DateTimeOffset producedAt, ReadOnlyMemory<byte>? nonce, Certificate responder, ISigner signer, CancellationToken ct)
    {
        byte[] tbs = Encode(responses, producedAt, nonce, responder.PublicKey);
        byte[] signature = await signer.SignAsync(tbs, ct).ConfigureAwait(false);
        AsnWriter writer = Der.Writer();
        using (writer.PushSequence())
        {
            SignedObject.WriteParts(writer, tbs, signer.Algorithm, signature);
            using (writer.PushSequence(Der.Context(0)))
            using (writer.PushSequence())
                writer.WriteEncodedValue(responder.Encoded.Span);
        }
        return OcspResponse.Successful(writer.Encode());
    }

    /// <summary>The answer about a certificate, or null.</summary>
    /// <param name="issuer">Its issuer.</param>
    /// <param name="serialNumber">Contents octets of its serial number.</param>
    public SingleResponse? Find(Certificate issuer, ReadOnlyMemory<byte> serialNumber) =>
        Responses.FirstOrDefault(each => each.Certificate.SerialNumber.Span.SequenceEqual(serialNumber.Span) && each.Certificate.IsIssuedBy(issuer));

    /// <summary>
    /// The certificate under which the response verifies: the issuer itself, or a delegate that the issuer certified for OCSP
    /// signing (RFC 6960 §4.2.2.2); null when there is none. Validity in time is the caller's.
    /// </summary>
    /// <param name="issuer">Issuer of the certificates that the answers are about.</param>
    /// <exception cref="AsnContentException">A certificate in the response is malformed.</exception>
    public Certificate? FindResponder(Certificate issuer) =>
        Certificates.Select(der => Certificate.Parse(der)).Prepend(issuer).FirstOrDefault(candidate =>
            Names(candidate)
            && (candidate == issuer || (candidate.IsSignedBy(issuer) && candidate.ExtendedKeyUsages().Contains(Oids.KpOcspSigning)))
            && Signed.Verify(candidate.PublicKey));

    internal static BasicOcspResponse Parse(ReadOnlyMemory<byte> der)
    {
        AsnReader sequence = Der.Sequence(der);
        SignedObject signed = SignedObject.ReadParts(sequence);
        var certificates = new List<ReadOnlyMemory<byte>>();
        if (sequence.HasData)
        {
            AsnReader wrapped = sequence.ReadSequence(Der.Context(0));
            for (AsnReader list = wrapped.ReadSequence(); list.HasData;)
                certificates.Add(list.ReadEncodedValue());
            wrapped.ThrowIfNotEmpty();
        }
        sequence.ThrowIfNotEmpty();
        return new BasicOcspResponse(signed, certificates);
    }

    private static byte[] Encode(IReadOnlyList<SingleResponse> responses, DateTimeOffset producedAt, ReadOnlyMemory<byte>? nonce, SubjectPublicKey key)
    {
        AsnWriter writer = Der.Writer();
        using (writer.PushSequence())
        {
            using (writer.PushSequence(ByKey))
                writer.WriteOctetString(key.KeyIdentifier);
            writer.WriteGeneralizedTime(producedAt.ToUniversalTime(), omitFractionalSeconds: true);
            using (writer.PushSequence())
            {
                foreach (SingleResponse response in responses)
                    response.Write(writer);
            }
            if (nonce is { } octets)
            {
                using (writer.PushSequence(Der.Context(1)))
                    Extension.WriteList(writer, [OcspNonce.Write(octets)]);
            }
        }
        return writer.Encode();
    }

    private static IReadOnlyList<Extension> ReadExtensions(AsnReader data)
    {
        AsnReader wrapped = data.ReadSequence(Der.Context(1));
        IReadOnlyList<Extension> extensions = Extension.ReadList(wrapped);
        wrapped.ThrowIfNotEmpty();
        return extensions;
    }

    private bool Names(Certificate candidate) =>
        ResponderName?.Equals(candidate.Subject) ?? ResponderKey!.Value.Span.SequenceEqual(candidate.PublicKey.KeyIdentifier);
}
