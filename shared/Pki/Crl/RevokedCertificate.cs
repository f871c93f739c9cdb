using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>Entry of a CRL (RFC 5280 §5.3).</summary>
/// <param name="SerialNumber">Contents octets of the serial INTEGER.</param>
/// <param name="RevokedAt">Since when it is revoked or on hold.</param>
/// <param name="Reason">Why; null when not stated.</param>
/// <param name="InvalidAt">Since when the key is known or suspected to be invalid; null when not stated.</param>
public sealed record RevokedCertificate(ReadOnlyMemory<byte> SerialNumber, DateTimeOffset RevokedAt, RevocationReason? Reason = null, DateTimeOffset? InvalidAt = null)
{
    /// <summary>Serial number in upper-case hex.</summary>
    public string Serial => Convert.ToHexString(SerialNumber.Span);

    internal static RevokedCertificate Read(AsnReader reader)
    {
        AsnReader sequence = reader.ReadSequence();
        var entry = new RevokedCertificate(sequence.ReadIntegerBytes(), Der.ReadTime(sequence));
        if (sequence.HasData)
        {
            foreach (Extension extension in Extension.ReadList(sequence))
                entry = ReadExtension(entry, extension);
        }
        sequence.ThrowIfNotEmpty();
        return entry;
    }

    internal void Write(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteInteger(SerialNumber.Span);
            Der.WriteTime(writer, RevokedAt);
            var extensions = new List<Extension>();
            if (Reason is { } reason and not RevocationReason.Unspecified) // RFC 5280 §5.3.1: absent instead of unspecified
                extensions.Add(CertificateExtensions.Make(Oids.ReasonCode, false, value => value.WriteEnumeratedValue(reason)));
            if (InvalidAt is { } invalid)
                extensions.Add(CertificateExtensions.Make(Oids.InvalidityDate, false, value => value.WriteGeneralizedTime(invalid.ToUniversalTime(), omitFractionalSeconds: true)));
            if (extensions.Count > 0)
                Extension.WriteList(writer, extensions);
        }
    }

    private static RevokedCertificate ReadExtension(RevokedCertificate entry, Extension extension)
    {
        AsnReader value = Der.Reader(extension.Value);
        switch (extension.Oid)
        {
            case Oids.ReasonCode:
                entry = entry with { Reason = Reasons.Read(value) };
                break;
            case Oids.InvalidityDate:
                entry = entry with { InvalidAt = value.ReadGeneralizedTime() };
                break;
            case var _ when extension.Critical:
                throw new AsnContentException("A critical extension of an entry is not known."); // RFC 5280 §5.3: certificateIssuer among them
            default:
                return entry;
        }
        value.ThrowIfNotEmpty();
        return entry;
    }
}
