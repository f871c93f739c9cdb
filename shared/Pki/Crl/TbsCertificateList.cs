using System.Formats.Asn1;
using System.Numerics;

namespace Pechat.Pki;

/// <summary>What a full CRL says before it is signed (RFC 5280 §5.1.2). Sign with <see cref="SignedObject.SignAsync"/>.</summary>
public sealed record TbsCertificateList
{
    /// <summary>Algorithm of the issuer's signature.</summary>
    public required SignatureAlgorithm Algorithm { get; init; }

    /// <summary>The issuing CA.</summary>
    public required Certificate Issuer { get; init; }

    /// <summary>When it was issued.</summary>
    public required DateTimeOffset ThisUpdate { get; init; }

    /// <summary>When the next one will be issued at the latest.</summary>
    public required DateTimeOffset NextUpdate { get; init; }

    /// <summary>cRLNumber: greater than that of every earlier CRL, at most 20 octets.</summary>
    public required BigInteger Number { get; init; }

    /// <summary>Entries.</summary>
    public required IReadOnlyList<RevokedCertificate> Revoked { get; init; }

    /// <summary>URL in a critical issuingDistributionPoint, the same as in the certificates; null leaves the extension out.</summary>
    public string? DistributionPoint { get; init; }

    /// <summary>onlyContainsUserCerts of issuingDistributionPoint.</summary>
    public bool OnlyUserCertificates { get; init; }

    /// <summary>expiredCertsOnCRL: certificates that expired after this date stay on the list; null leaves the extension out.</summary>
    public DateTimeOffset? ExpiredCertsSince { get; init; }

    /// <summary>DER to be signed.</summary>
    public byte[] Encode()
    {
        AsnWriter writer = Der.Writer();
        using (writer.PushSequence())
        {
            writer.WriteInteger(1); // v2
            Algorithm.Write(writer);
            writer.WriteEncodedValue(Issuer.Subject.Encoded.Span);
            Der.WriteTime(writer, ThisUpdate);
            Der.WriteTime(writer, NextUpdate);
            if (Revoked.Count > 0) // RFC 5280 §5.1.2.6: absent when there is none
            {
                using (writer.PushSequence())
                {
                    foreach (RevokedCertificate entry in Revoked)
                        entry.Write(writer);
                }
            }
            using (writer.PushSequence(Der.Context(0)))
                Extension.WriteList(writer, Extensions());
        }
        return writer.Encode();
    }

    private IEnumerable<Extension> Extensions()
    {
        ReadOnlyMemory<byte> keyIdentifier = Issuer.SubjectKeyIdentifier() ?? Issuer.PublicKey.KeyIdentifier;
        yield return CertificateExtensions.AuthorityKeyIdentifier(keyIdentifier);
        yield return CertificateExtensions.Make(Oids.CrlNumber, false, writer => writer.WriteInteger(Number));
        if (DistributionPoint is not null || OnlyUserCertificates)
            yield return CertificateExtensions.Make(Oids.IssuingDistributionPoint, true, WriteDistributionPoint);
        if (ExpiredCertsSince is { } since)
            yield return CertificateExtensions.Make(Oids.ExpiredCertsOnCrl, false, writer => writer.WriteGeneralizedTime(since.ToUniversalTime(), omitFractionalSeconds: true));
    }

    private void WriteDistributionPoint(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            if (DistributionPoint is not null)
                CertificateExtensions.WriteDistributionPointName(writer, DistributionPoint);
            if (OnlyUserCertificates)
                writer.WriteBoolean(true, Der.Context(1));
        }
    }
}
