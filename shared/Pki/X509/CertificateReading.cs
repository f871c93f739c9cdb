using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>What the extensions of a certificate say; each reader throws <see cref="AsnContentException"/> when its extension is malformed.</summary>
public static class CertificateReading
{
    /// <summary>subjectKeyIdentifier; null when absent.</summary>
    /// <param name="certificate">Certificate.</param>
    public static ReadOnlyMemory<byte>? SubjectKeyIdentifier(this Certificate certificate) =>
        Read(certificate, Oids.SubjectKeyIdentifier, reader => (ReadOnlyMemory<byte>?)Der.Octets(reader));

    /// <summary>keyIdentifier of authorityKeyIdentifier; null when absent.</summary>
    /// <param name="certificate">Certificate.</param>
    public static ReadOnlyMemory<byte>? AuthorityKeyIdentifier(this Certificate certificate) =>
        Read(certificate, Oids.AuthorityKeyIdentifier, reader =>
        {
            AsnReader sequence = reader.ReadSequence();
            ReadOnlyMemory<byte>? key = null;
            if (Der.NextIs(sequence, Der.Context(0)))
                key = Der.Octets(sequence, Der.Context(0));
            while (sequence.HasData)
                sequence.ReadEncodedValue();
            return key;
        });

    /// <summary>keyUsage; null when absent.</summary>
    /// <param name="certificate">Certificate.</param>
    public static KeyUsages? KeyUsage(this Certificate certificate) =>
        Read(certificate, Oids.KeyUsage, reader => (KeyUsages?)reader.ReadNamedBitListValue<KeyUsages>());

    /// <summary>extKeyUsage; empty when absent.</summary>
    /// <param name="certificate">Certificate.</param>
    public static IReadOnlyList<string> ExtendedKeyUsages(this Certificate certificate) =>
        Read(certificate, Oids.ExtendedKeyUsage, reader => ReadAll(reader.ReadSequence(), each => each.ReadObjectIdentifier())) ?? [];

    /// <summary>Policy OIDs; empty when absent.</summary>
    /// <param name="certificate">Certificate.</param>
    public static IReadOnlyList<string> Policies(this Certificate certificate) =>
        Read(certificate, Oids.CertificatePolicies, reader => ReadAll(reader.ReadSequence(), each =>
        {
            AsnReader policy = each.ReadSequence();
            string oid = policy.ReadObjectIdentifier();
            if (policy.HasData)
                policy.ReadSequence();
            policy.ThrowIfNotEmpty();
            return oid;
        })) ?? [];

    /// <summary>True when basicConstraints says cA.</summary>
    /// <param name="certificate">Certificate.</param>
    public static bool IsCertificateAuthority(this Certificate certificate) =>
        Read(certificate, Oids.BasicConstraints, reader =>
        {
            AsnReader sequence = reader.ReadSequence();
            bool authority = Der.NextIs(sequence, UniversalTagNumber.Boolean) && sequence.ReadBoolean();
            if (sequence.HasData)
                Der.SmallInteger(sequence);
            sequence.ThrowIfNotEmpty();
            return authority;
        });

    /// <summary>OCSP responders of authorityInfoAccess; empty when absent.</summary>
    /// <param name="certificate">Certificate.</param>
    public static IReadOnlyList<string> OcspUrls(this Certificate certificate) => Access(certificate, Oids.AccessOcsp);

    /// <summary>Places of the issuer's certificate; empty when absent.</summary>
    /// <param name="certificate">Certificate.</param>
    public static IReadOnlyList<string> CaIssuersUrls(this Certificate certificate) => Access(certificate, Oids.AccessCaIssuers);

    /// <summary>Full names of cRLDistributionPoints; empty when absent.</summary>
    /// <param name="certificate">Certificate.</param>
    public static IReadOnlyList<string> CrlUrls(this Certificate certificate) =>
        Read(certificate, Oids.CrlDistributionPoints, reader => ReadAll(reader.ReadSequence(), ReadPoint).SelectMany(each => each).ToList()) ?? [];

    /// <summary>qcStatements; null when absent.</summary>
    /// <param name="certificate">Certificate.</param>
    public static QcStatements? Qualified(this Certificate certificate) =>
        certificate.Find(Oids.QcStatements) is { } extension ? QcStatements.Parse(extension.Value) : null;

    /// <summary>The first e-mail address of subjectAltName; null when there is none.</summary>
    /// <param name="certificate">Certificate.</param>
    public static string? SubjectEmail(this Certificate certificate) =>
        Read(certificate, Oids.SubjectAlternativeName, reader => GeneralName.FindEmail(reader.ReadSequence()));

    /// <summary>privateKeyUsagePeriod; null when absent or half open.</summary>
    /// <param name="certificate">Certificate.</param>
    public static (DateTimeOffset NotBefore, DateTimeOffset NotAfter)? PrivateKeyUsagePeriod(this Certificate certificate) =>
        Read<(DateTimeOffset, DateTimeOffset)?>(certificate, Oids.PrivateKeyUsagePeriod, reader =>
        {
            AsnReader sequence = reader.ReadSequence();
            DateTimeOffset? start = Der.NextIs(sequence, Der.Context(0)) ? sequence.ReadGeneralizedTime(Der.Context(0)) : null;
            DateTimeOffset? end = Der.NextIs(sequence, Der.Context(1)) ? sequence.ReadGeneralizedTime(Der.Context(1)) : null;
            sequence.ThrowIfNotEmpty();
            return start is { } from && end is { } to ? (from, to) : null;
        });

    internal static List<string> ReadPoint(AsnReader points)
    {
        AsnReader point = points.ReadSequence();
        var uris = new List<string>();
        if (Der.NextIs(point, Der.Context(0)))
        {
            AsnReader name = point.ReadSequence(Der.Context(0));
            if (Der.NextIs(name, Der.Context(0)))
                uris = GeneralName.ReadUris(name, Der.Context(0));
            else
                name.ReadEncodedValue();
            name.ThrowIfNotEmpty();
        }
        while (point.HasData)
            point.ReadEncodedValue();
        return uris;
    }

    private static List<string> Access(Certificate certificate, string method) =>
        Read(certificate, Oids.AuthorityInfoAccess, reader => ReadAll(reader.ReadSequence(), each =>
        {
            AsnReader description = each.ReadSequence();
            bool wanted = description.ReadObjectIdentifier() == method;
            string? uri = GeneralName.TryReadUri(description);
            description.ThrowIfNotEmpty();
            return wanted ? uri : null;
        }).OfType<string>().ToList()) ?? [];

    private static T? Read<T>(Certificate certificate, string oid, Func<AsnReader, T> read)
    {
        if (certificate.Find(oid) is not { } extension)
            return default;
        AsnReader reader = Der.Reader(extension.Value);
        T result = read(reader);
        reader.ThrowIfNotEmpty();
        return result;
    }

    private static List<T> ReadAll<T>(AsnReader sequence, Func<AsnReader, T> read)
    {
        var result = new List<T>();
        while (sequence.HasData)
            result.Add(read(sequence));
        return result;
    }
}
