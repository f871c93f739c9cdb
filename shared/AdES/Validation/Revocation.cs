using System.Formats.Asn1;
using Pechat.Pki;

namespace Pechat.AdES.Validation;

/// <summary>What revocation data says about a certificate.</summary>
/// <param name="Source"><c>OCSP</c> or <c>CRL</c>.</param>
/// <param name="ThisUpdate">When it was known.</param>
/// <param name="NextUpdate">When newer data was due; null when not stated.</param>
/// <param name="RevokedAt">Since when it is revoked or on hold; null when it is not.</param>
/// <param name="Reason">Why; null when not stated.</param>
public sealed record RevocationStatus(string Source, DateTimeOffset ThisUpdate, DateTimeOffset? NextUpdate, DateTimeOffset? RevokedAt, RevocationReason? Reason)
{
    /// <summary>Only suspended (EN 319 102-1 never calls that revoked).</summary>
    public bool IsOnHold => RevokedAt is not null && Reason == RevocationReason.CertificateHold;

    /// <summary>The revocation freshness checker (EN 319 102-1 §5.2.5): issued after the time less the interval of issuance.</summary>
    /// <param name="time">Time for which it must be fresh.</param>
    /// <param name="withoutNextUpdate">Interval to assume when nextUpdate is absent.</param>
    public bool IsFresh(DateTimeOffset time, TimeSpan withoutNextUpdate) =>
        ThisUpdate > time - (NextUpdate is { } next ? next - ThisUpdate : withoutNextUpdate);
}

/// <summary>Finds usable revocation data (EN 319 102-1 §5.2.6 with validation.md 2.6).</summary>
public static class Revocation
{
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(1);

    /// <summary>True when a certificate says that it needs no revocation data (EN 319 412-1 §5.2, RFC 9608).</summary>
    /// <param name="certificate">End entity.</param>
    public static bool IsExempt(Certificate certificate) =>
        certificate.Find(Oids.ValidityAssuredShortTerm) is not null || certificate.Find(Oids.NoRevocationAvailable) is not null;

    /// <summary>The latest usable statement about a certificate; null when there is none.</summary>
    /// <param name="certificate">Certificate in question.</param>
    /// <param name="issuer">Its issuer in the path.</param>
    /// <param name="material">Where to look.</param>
    /// <param name="now">Time of validation; nothing may come from later.</param>
    public static RevocationStatus? Find(Certificate certificate, Certificate issuer, ValidationMaterial material, DateTimeOffset now) =>
        material.OcspResponses.Select(each => FromOcsp(each, certificate, issuer))
            .Concat(material.Crls.Select(each => FromCrl(each, certificate, issuer)))
            .OfType<RevocationStatus>()
            .Where(status => status.ThisUpdate <= now + ClockSkew && status.ThisUpdate >= certificate.NotBefore - ClockSkew)
            .MaxBy(status => status.ThisUpdate);

    private static RevocationStatus? FromOcsp(BasicOcspResponse response, Certificate certificate, Certificate issuer)
    {
        try
        {
            if (response.Find(issuer, certificate.SerialNumber) is not { } single || single.Status == OcspCertificateStatus.Unknown
                || response.Extensions.Concat(single.Extensions).Any(each => each.Critical && each.Oid != Oids.OcspNonce)
                || response.FindResponder(issuer) is not { } responder
                || response.ProducedAt < responder.NotBefore || response.ProducedAt > responder.NotAfter
                || responder.Encoded.Span.SequenceEqual(certificate.Encoded.Span))
                return null;
            // A delegate must be exempt from revocation itself (RFC 6960 §4.2.2.2.1); others would need a proof of their own.
            if (!ReferenceEquals(responder, issuer) && responder.Find(Oids.OcspNoCheck) is null)
                return null;
            bool knows = Covers(certificate, single.ThisUpdate, ArchiveCutoff(single)) || single.RevokedAt is not null;
            return knows ? new RevocationStatus("OCSP", single.ThisUpdate, single.NextUpdate, single.RevokedAt, single.Reason) : null;
        }
        catch (AsnContentException)
        {
            return null; // a response with a malformed certificate or extension proves nothing
        }
    }

    private static RevocationStatus? FromCrl(CertificateList crl, Certificate certificate, Certificate issuer)
    {
        try
        {
            bool isAuthority = certificate.IsCertificateAuthority();
            bool isInScope = crl.DistributionPoint is not { } point
                || (!point.IsPartial && !(isAuthority ? point.OnlyUserCertificates : point.OnlyCaCertificates)
                    && (point.Urls.Count == 0 || point.Urls.Intersect(certificate.CrlUrls()).Any()));
            if (crl.IsDelta || crl.Number is null || !isInScope || !crl.IsSignedBy(issuer)
                || (issuer.KeyUsage() is { } usage && (usage & KeyUsages.CrlSign) == 0)
                || crl.Extensions.Any(each => each.Critical && each.Oid != Oids.IssuingDistributionPoint))
                return null;
            RevokedCertificate? entry = crl.Find(certificate.SerialNumber);
            bool knows = entry is not null || Covers(certificate, crl.ThisUpdate, crl.ExpiredCertsSince);
            return knows ? new RevocationStatus("CRL", crl.ThisUpdate, crl.NextUpdate, entry?.RevokedAt, entry?.Reason) : null;
        }
        catch (AsnContentException)
        {
            return null; // a malformed extension of the certificate or its issuer: the CRL cannot be matched
        }
    }

    /// <summary>Data says nothing of certificates that had expired before, unless it declares to keep them.</summary>
    private static bool Covers(Certificate certificate, DateTimeOffset thisUpdate, DateTimeOffset? keepsSince) =>
        certificate.NotAfter >= thisUpdate || keepsSince <= certificate.NotAfter;

    private static DateTimeOffset? ArchiveCutoff(SingleResponse single) =>
        single.Extensions.FirstOrDefault(each => each.Oid == Oids.OcspArchiveCutoff) is { } cutoff
            ? new AsnReader(cutoff.Value, AsnEncodingRules.DER).ReadGeneralizedTime()
            : null;
}
