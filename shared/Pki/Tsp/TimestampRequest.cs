using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>TimeStampReq (RFC 3161 §2.4.1).</summary>
public sealed record TimestampRequest
{
    /// <summary>What to stamp.</summary>
    public required MessageImprint Imprint { get; init; }

    /// <summary>Policy asked for, dotted; null for the authority's own.</summary>
    public string? Policy { get; init; }

    /// <summary>Contents octets of the nonce INTEGER; null for none.</summary>
    public ReadOnlyMemory<byte>? Nonce { get; init; }

    /// <summary>Whether the token shall carry the TSU certificate.</summary>
    public bool CertificateRequested { get; init; }

    /// <summary>Extensions asked for.</summary>
    public IReadOnlyList<Extension> Extensions { get; init; } = [];

    /// <summary>Reads untrusted DER.</summary>
    /// <param name="der">Exactly one request.</param>
    /// <exception cref="AsnContentException">The data is not DER or has another shape, the version included.</exception>
    public static TimestampRequest Parse(ReadOnlyMemory<byte> der)
    {
        AsnReader sequence = Der.Sequence(der);
        if (Der.SmallInteger(sequence) != 1)
            throw new AsnContentException("Only version 1 requests are accepted.");
        var request = new TimestampRequest
        {
            Imprint = MessageImprint.Read(sequence),
            Policy = Der.NextIs(sequence, UniversalTagNumber.ObjectIdentifier) ? sequence.ReadObjectIdentifier() : null,
            Nonce = Der.OptionalInteger(sequence),
            CertificateRequested = ReadFlag(sequence),
            Extensions = Der.NextIs(sequence, Der.Context(0)) ? Extension.ReadList(sequence, Der.Context(0)) : [],
        };
        sequence.ThrowIfNotEmpty();
        return request;
    }

    /// <summary>DER.</summary>
    public byte[] Encode()
    {
        AsnWriter writer = Der.Writer();
        using (writer.PushSequence())
        {
            writer.WriteInteger(1);
            Imprint.Write(writer);
            if (Policy is not null)
                writer.WriteObjectIdentifier(Policy);
            if (Nonce is { } nonce)
                writer.WriteInteger(nonce.Span);
            if (CertificateRequested)
                writer.WriteBoolean(true);
            if (Extensions.Count > 0)
                Extension.WriteList(writer, Extensions, Der.Context(0));
        }
        return writer.Encode();
    }

    /// <summary>BOOLEAN DEFAULT FALSE: an explicit FALSE is not DER, but harmless and common, so it is accepted.</summary>
    internal static bool ReadFlag(AsnReader reader) => Der.NextIs(reader, UniversalTagNumber.Boolean) && reader.ReadBoolean();
}
