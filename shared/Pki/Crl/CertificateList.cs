using System.Formats.Asn1;
using System.Numerics;

namespace Pechat.Pki;

/// <summary>A CRL as it was read (RFC 5280 §5.1). Immutable and thread-safe.</summary>
public sealed class CertificateList
{
    private readonly Dictionary<string, RevokedCertificate> _revoked = [];

    private CertificateList(ReadOnlyMemory<byte> der, SignedObject signed)
    {
        Encoded = der;
        Signed = signed;
        AsnReader tbs = Der.Sequence(signed.Tbs);
        if (Der.SmallInteger(tbs) != 1)
            throw new AsnContentException("Only version 2 CRLs are accepted.");
        if (!AlgorithmIdentifier.Read(tbs).Equals(signed.Algorithm))
            throw new AsnContentException("The algorithms inside and outside the signed part differ (RFC 5280 §5.1.1.2).");
        Issuer = DistinguishedName.Parse(tbs.ReadEncodedValue());
        ThisUpdate = Der.ReadTime(tbs);
        NextUpdate = Der.ReadTime(tbs); // RFC 5280 §5.1.2.5: required
        if (Der.NextIs(tbs, UniversalTagNumber.Sequence))
            ReadEntries(tbs.ReadSequence());
        AsnReader wrapped = tbs.ReadSequence(Der.Context(0));
        Extensions = Extension.ReadList(wrapped);
        wrapped.ThrowIfNotEmpty();
        tbs.ThrowIfNotEmpty();
        Number = Value(Oids.CrlNumber, reader => (BigInteger?)reader.ReadInteger());
        ExpiredCertsSince = Value(Oids.ExpiredCertsOnCrl, reader => (DateTimeOffset?)reader.ReadGeneralizedTime());
        DistributionPoint = Value(Oids.IssuingDistributionPoint, IssuingDistributionPoint.Read);
    }

    /// <summary>The whole CRL, DER.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>Signed part, algorithm and signature.</summary>
    public SignedObject Signed { get; }

    /// <summary>Who signed it.</summary>
    public DistinguishedName Issuer { get; }

    /// <summary>When it was issued.</summary>
    public DateTimeOffset ThisUpdate { get; }

    /// <summary>When the next one is due.</summary>
    public DateTimeOffset NextUpdate { get; }

    /// <summary>cRLNumber; null when absent.</summary>
    public BigInteger? Number { get; }

    /// <summary>expiredCertsOnCRL; null when absent.</summary>
    public DateTimeOffset? ExpiredCertsSince { get; }

    /// <summary>issuingDistributionPoint; null when absent.</summary>
    public IssuingDistributionPoint? DistributionPoint { get; }

    /// <summary>Extensions in order.</summary>
    public IReadOnlyList<Extension> Extensions { get; }

    /// <summary>True for a delta, which alone says little about a certificate.</summary>
    public bool IsDelta => Extensions.Any(each => each.Oid == Oids.DeltaCrlIndicator);

    /// <summary>Entries in no particular order.</summary>
    public IReadOnlyCollection<RevokedCertificate> Revoked => _revoked.Values;

    /// <summary>Reads an untrusted CRL.</summary>
    /// <param name="der">Exactly one CRL of version 2 with nextUpdate and extensions.</param>
    /// <exception cref="AsnContentException">The data is not DER, has another shape, or contradicts itself.</exception>
    public static CertificateList Parse(ReadOnlyMemory<byte> der) => new(der, SignedObject.Parse(der));

    /// <summary>The entry of a certificate, or null.</summary>
    /// <param name="serialNumber">Contents octets of its serial number.</param>
    public RevokedCertificate? Find(ReadOnlyMemory<byte> serialNumber) => _revoked.GetValueOrDefault(Convert.ToHexString(serialNumber.Span));

    /// <summary>True when the issuer's name and key both fit.</summary>
    /// <param name="issuer">Certificate of the supposed issuer.</param>
    public bool IsSignedBy(Certificate issuer) => Issuer.Equals(issuer.Subject) && Signed.Verify(issuer.PublicKey);

    private void ReadEntries(AsnReader entries)
    {
        do
        {
            RevokedCertificate entry = RevokedCertificate.Read(entries);
            if (!_revoked.TryAdd(entry.Serial, entry))
                throw new AsnContentException("A certificate is listed twice.");
        }
        while (entries.HasData);
    }

    private T? Value<T>(string oid, Func<AsnReader, T> read)
    {
        if (Extensions.FirstOrDefault(each => each.Oid == oid) is not { } extension)
            return default;
        AsnReader reader = Der.Reader(extension.Value);
        T result = read(reader);
        reader.ThrowIfNotEmpty();
        return result;
    }
}
