using System.Formats.Asn1;
using Pechat.Pki;

namespace Pechat.AdES.Validation;

/// <summary>Outcome of the validation of one certificate (EN 319 102-1 §5.2.6).</summary>
/// <param name="Path">The path that decided; empty when there is none.</param>
/// <param name="Checks">Chain, revocation and validity.</param>
/// <param name="Status">Revocation status of the end entity; null when none is known.</param>
internal sealed record CertificateVerdict(IReadOnlyList<Certificate> Path, IReadOnlyList<Check> Checks, RevocationStatus? Status)
{
    private static readonly TimeSpan FreshnessWithoutNextUpdate = TimeSpan.FromDays(1);

    internal bool IsPassed => Checks.All(each => each.Status != CheckStatus.Failed);

    /// <summary>Tries every path and answers for the first that is good, or else for the first.</summary>
    /// <param name="certificate">End entity.</param>
    /// <param name="material">What may be used.</param>
    /// <param name="now">Time of validation.</param>
    /// <param name="proven">When its signature is proven to have existed; <paramref name="now"/> without proof.</param>
    internal static CertificateVerdict Of(Certificate certificate, ValidationMaterial material, DateTimeOffset now, DateTimeOffset proven)
    {
        CertificateVerdict[] verdicts = [.. CertificatePaths.Build(certificate, material).Select(path => Judge(path, material, now, proven))];
        return verdicts.FirstOrDefault(each => each.IsPassed) ?? verdicts.FirstOrDefault() ?? new CertificateVerdict([],
        [
            Check.Failed(CheckName.Chain, SubIndication.NoCertificateChainFound, $"no path leads from {certificate.Subject} to a trust anchor"),
            Check.Skipped(CheckName.Revocation),
            Check.Skipped(CheckName.Validity),
        ], null);
    }

    private static CertificateVerdict Judge(CertificatePath path, ValidationMaterial material, DateTimeOffset now, DateTimeOffset proven)
    {
        IReadOnlyList<Certificate> certificates = path.Certificates;
        Check chain = path.Defect is { } defect
            ? Check.Failed(CheckName.Chain, SubIndication.CertificateChainGeneralFailure, defect)
            : KeyUsageObjection(certificates[0]) is { } objection
                ? Check.Failed(CheckName.Chain, SubIndication.ChainConstraintsFailure, objection)
                : Check.Passed(CheckName.Chain, string.Join(" ← ", certificates.Select(each => each.Subject.ToString())));
        RevocationStatus?[] statuses = [.. certificates.SkipLast(1).Select((each, i) => Revocation.Find(each, certificates[i + 1], material, now))];
        bool isOutOfBounds = certificates.SkipLast(1).Any(each => proven < each.NotBefore || proven > each.NotAfter);
        Check? revocation = null;
        for (int i = 0; i < statuses.Length && revocation?.Status != CheckStatus.Failed; i++)
        {
            if (RevocationObjection(certificates[i], i, statuses[i], proven) is { } found)
                revocation = found.Reason == SubIndication.TryLater && isOutOfBounds && statuses[i]?.IsOnHold != true
                    ? Check.Warning(CheckName.Revocation, found.Detail!) // then the validity decides, EN 319 102-1 §5.2.6.4 step 7
                    : found;
        }
        Check validity = ValidityObjection(certificates, statuses, proven) ?? Check.Passed(CheckName.Validity, $"valid at {proven:u}");
        return new CertificateVerdict(certificates, [chain, revocation ?? Check.Passed(CheckName.Revocation, Describe(certificates, statuses)), validity], statuses.FirstOrDefault());
    }

    private static string? KeyUsageObjection(Certificate certificate)
    {
        try
        {
            return certificate.KeyUsage() is { } usage && (usage & (KeyUsages.DigitalSignature | KeyUsages.NonRepudiation)) == 0
                ? "the key of the certificate may not sign documents"
                : null;
        }
        catch (AsnContentException)
        {
            return "the key usage of the certificate is malformed";
        }
    }

    private static Check? RevocationObjection(Certificate certificate, int index, RevocationStatus? status, DateTimeOffset proven)
    {
        if (index == 0 && Revocation.IsExempt(certificate))
            return null;
        if (status is null)
            return Check.Failed(CheckName.Revocation, SubIndication.TryLater, $"no usable revocation data about {certificate.Subject}");
        if (status.RevokedAt is { } at && proven >= at)
        {
            SubIndication reason = status.IsOnHold ? SubIndication.TryLater : index == 0 ? SubIndication.RevokedNoPoe : SubIndication.RevokedCaNoPoe;
            return Check.Failed(CheckName.Revocation, reason,
                $"{certificate.Subject} {(status.IsOnHold ? "is on hold" : "was revoked")} since {at:u} ({status.Reason ?? RevocationReason.Unspecified}, {status.Source} of {status.ThisUpdate:u})");
        }
        return status.IsFresh(proven, FreshnessWithoutNextUpdate)
            ? null
            : Check.Failed(CheckName.Revocation, SubIndication.TryLater, $"the {status.Source} about {certificate.Subject} of {status.ThisUpdate:u} is not fresh for {proven:u}");
    }

    private static Check? ValidityObjection(IReadOnlyList<Certificate> path, RevocationStatus?[] statuses, DateTimeOffset proven)
    {
        for (int i = 0; i < path.Count - 1; i++)
        {
            if (proven < path[i].NotBefore)
                return Check.Failed(CheckName.Validity, i == 0 ? SubIndication.NotYetValid : SubIndication.CertificateChainGeneralFailure,
                    $"{path[i].Subject} is valid from {path[i].NotBefore:u}, but the signature existed at {proven:u}");
            if (proven > path[i].NotAfter)
                return Check.Failed(CheckName.Validity, i == 0 && statuses[0] is { RevokedAt: null } ? SubIndication.OutOfBoundsNotRevoked : SubIndication.OutOfBoundsNoPoe,
                    $"{path[i].Subject} expired at {path[i].NotAfter:u}, and nothing proves that the signature existed before");
        }
        return null;
    }

    private static string? Describe(IReadOnlyList<Certificate> path, RevocationStatus?[] statuses) => statuses.Length == 0 ? null
        : string.Join("; ", statuses.Select((status, i) => status is null ? $"{path[i].Subject}: exempt" : $"{path[i].Subject}: {status.Source} of {status.ThisUpdate:u}"));
}
