using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>OCSPResponseStatus (RFC 6960 §4.2.1).</summary>
public enum OcspResponseStatus
{
    /// <summary>There is an answer.</summary>
    Successful = 0,

    /// <summary>The request is malformed.</summary>
    MalformedRequest = 1,

    /// <summary>The responder failed.</summary>
    InternalError = 2,

    /// <summary>Try again later.</summary>
    TryLater = 3,

    /// <summary>The request must be signed.</summary>
    SignatureRequired = 5,

    /// <summary>The responder does not answer about this issuer.</summary>
    Unauthorized = 6,
}

/// <summary>OCSPResponse (RFC 6960 §4.2.1).</summary>
public sealed class OcspResponse
{
    private OcspResponse(OcspResponseStatus status, BasicOcspResponse? basic)
    {
        Status = status;
        Basic = basic;
    }

    /// <summary>Outcome.</summary>
    public OcspResponseStatus Status { get; }

    /// <summary>The signed answer; null unless <see cref="OcspResponseStatus.Successful"/>.</summary>
    public BasicOcspResponse? Basic { get; }

    /// <summary>DER of a response without an answer.</summary>
    /// <param name="status">Any status but successful.</param>
    public static byte[] Error(OcspResponseStatus status) => Der.Encode(writer =>
    {
        using (writer.PushSequence())
            writer.WriteEnumeratedValue(status);
    });

    /// <summary>DER of a successful response around a signed answer.</summary>
    /// <param name="basic">DER of the BasicOCSPResponse.</param>
    public static byte[] Successful(ReadOnlySpan<byte> basic)
    {
        AsnWriter writer = Der.Writer();
        using (writer.PushSequence())
        {
            writer.WriteEnumeratedValue(OcspResponseStatus.Successful);
            using (writer.PushSequence(Der.Context(0)))
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(Oids.OcspBasic);
                writer.WriteOctetString(basic);
            }
        }
        return writer.Encode();
    }

    /// <summary>Reads an untrusted response.</summary>
    /// <param name="der">Exactly one response.</param>
    /// <exception cref="AsnContentException">The data is not DER, has another shape, or is of another type than basic.</exception>
    public static OcspResponse Parse(ReadOnlyMemory<byte> der)
    {
        AsnReader sequence = Der.Sequence(der);
        ReadOnlyMemory<byte> number = sequence.ReadEnumeratedBytes();
        if (number.Length != 1 || !Enum.IsDefined((OcspResponseStatus)number.Span[0]))
            throw new AsnContentException("This is no status of a response.");
        var status = (OcspResponseStatus)number.Span[0];
        if (status != OcspResponseStatus.Successful)
        {
            sequence.ThrowIfNotEmpty();
            return new OcspResponse(status, null);
        }
        AsnReader wrapped = sequence.ReadSequence(Der.Context(0));
        sequence.ThrowIfNotEmpty();
        AsnReader bytes = wrapped.ReadSequence();
        wrapped.ThrowIfNotEmpty();
        if (bytes.ReadObjectIdentifier() != Oids.OcspBasic)
            throw new AsnContentException("This is no basic response.");
        BasicOcspResponse basic = BasicOcspResponse.Parse(Der.Octets(bytes));
        bytes.ThrowIfNotEmpty();
        return new OcspResponse(status, basic);
    }
}
