using System.Formats.Asn1;
using Pechat.Pki;

namespace Pechat.AdES.Validation;

/// <summary>A path from an end entity (first) to a trust anchor (last).</summary>
/// <param name="Certificates">End entity, intermediates, anchor; a single one when the end entity is an anchor itself.</param>
/// <param name="Defect">Why RFC 5280 §6 refuses it, validity in time and revocation apart; null when it does not.</param>
public sealed record CertificatePath(IReadOnlyList<Certificate> Certificates, string? Defect);

/// <summary>Builds and checks certificate paths (RFC 5280 §6.1 without policy mapping and name constraints, which are refused when critical).</summary>
public static class CertificatePaths
{
    private const int MaxLength = 8;
    private const int MaxPaths = 16;
    private const int MaxVerifications = 100;

    private static readonly string[] Known =
        [Oids.BasicConstraints, Oids.KeyUsage, Oids.ExtendedKeyUsage, Oids.CertificatePolicies, Oids.SubjectAlternativeName, Oids.PrivateKeyUsagePeriod];

    /// <summary>All paths within the bounds, sound ones first; empty when there is none.</summary>
    /// <param name="certificate">End entity.</param>
    /// <param name="material">Anchors and certificates to build from.</param>
    public static IReadOnlyList<CertificatePath> Build(Certificate certificate, ValidationMaterial material)
    {
        var paths = new List<CertificatePath>();
        int verifications = 0;
        Extend([certificate]);
        return [.. paths.OrderBy(path => path.Defect is null ? 0 : 1)];

        void Extend(List<Certificate> path)
        {
            if (material.IsAnchor(path[^1]))
            {
                paths.Add(new CertificatePath([.. path], Defect(path)));
                return;
            }
            if (path.Count == MaxLength)
                return;
            foreach (Certificate issuer in material.Anchors.Concat(material.Certificates))
            {
                if (paths.Count == MaxPaths || !path[^1].Issuer.Equals(issuer.Subject) || path.Any(each => each.Encoded.Span.SequenceEqual(issuer.Encoded.Span)))
                    continue;
                if (++verifications > MaxVerifications)
                    return;
                if (path[^1].IsSignedBy(issuer))
                    Extend([.. path, issuer]);
            }
        }
    }

    private static string? Defect(List<Certificate> path)
    {
        try
        {
            for (int i = 0; i < path.Count; i++)
            {
                string? defect = (i == path.Count - 1 ? null : UnknownExtension(path[i])) ?? (i == 0 ? null : IssuerDefect(path, i));
                if (defect is not null)
                    return $"{path[i].Subject}: {defect}";
            }
            return null;
        }
        catch (AsnContentException)
        {
            return "an extension of a certificate is malformed";
        }
    }

    private static string? UnknownExtension(Certificate certificate) =>
        certificate.Extensions.FirstOrDefault(each => each.Critical && !Known.Contains(each.Oid)) is { } unknown
            ? $"the critical extension {unknown.Oid} is not supported"
            : null;

    private static string? IssuerDefect(List<Certificate> path, int index)
    {
        Certificate issuer = path[index];
        if (!issuer.IsCertificateAuthority())
            return "it is no certificate authority";
        if (issuer.KeyUsage() is { } usage && (usage & KeyUsages.KeyCertSign) == 0)
            return "its key may not sign certificates";
        int below = path.Take(index).Skip(1).Count(each => !each.Issuer.Equals(each.Subject)); // RFC 5280 §4.2.1.9: self-issued ones do not count
        return PathLength(issuer) is { } limit && below > limit ? "its path length is exceeded" : null;
    }

    private static long? PathLength(Certificate certificate)
    {
        if (certificate.Find(Oids.BasicConstraints) is not { } extension)
            return null;
        AsnReader sequence = new AsnReader(extension.Value, AsnEncodingRules.DER).ReadSequence();
        if (sequence.HasData && sequence.PeekTag() == Asn1Tag.Boolean)
            sequence.ReadBoolean();
        return sequence.HasData && sequence.TryReadInt64(out long length) ? length : null;
    }
}
