using Pechat.AdES.Validation;
using Pechat.Pki;

namespace Pechat.Validation.Documents;

/// <summary>Answer of <c>POST /validation/v1/validate</c>. Names of indications are those of EN 319 102-1; texts follow Accept-Language.</summary>
/// <param name="ValidationId">Names the row that was kept.</param>
/// <param name="ValidationTime">When it was judged, UTC.</param>
/// <param name="DocumentDigest">What was judged.</param>
/// <param name="Indication">The worst of all signatures; <c>NO-SIGNATURE</c> when there is none.</param>
/// <param name="SubIndication">Of the worst signature; absent when there is none.</param>
/// <param name="Text">The same for people.</param>
/// <param name="AlgorithmPolicy">Rule set for algorithms.</param>
/// <param name="Signatures">One report per signature, the first made first.</param>
internal sealed record ValidationReport(
    Guid ValidationId, DateTimeOffset ValidationTime, ValidationReport.Digest DocumentDigest, string Indication, string? SubIndication, string Text,
    string AlgorithmPolicy, IReadOnlyList<ValidationReport.SignatureResult> Signatures)
{
    internal const string NoSignature = "NO-SIGNATURE";

    internal sealed record Digest(string Algorithm, string Value);

    internal sealed record CertificateResult(string Subject, string Issuer, string Serial, DateTimeOffset NotBefore, DateTimeOffset NotAfter);

    internal sealed record RevocationResult(string Source, DateTimeOffset ThisUpdate, DateTimeOffset? NextUpdate, DateTimeOffset? RevokedAt, string? Reason);

    internal sealed record TimestampResult(string Kind, DateTimeOffset? Time, string? Authority, bool Valid, string? Detail);

    internal sealed record CheckResult(string Name, string Status, string? SubIndication, string Text, string? Detail);

    internal sealed record SignatureResult(
        string FieldName, string Indication, string? SubIndication, string Text, string Level, string? Signer, CertificateResult? SigningCertificate,
        IReadOnlyList<CertificateResult> CertificateChain, DateTimeOffset? ClaimedSigningTime, DateTimeOffset BestSignatureTime, string Coverage,
        string LaterChanges, string? Reason, string? Location, RevocationResult? Revocation, IReadOnlyList<TimestampResult> Timestamps,
        IReadOnlyList<CheckResult> Checks);

    internal static ValidationReport Of(Guid id, byte[] digest, DateTimeOffset now, IReadOnlyList<SignatureReport> signatures, ReportTexts texts)
    {
        SignatureReport? worst = signatures.MinBy(each => each.Indication switch
        {
            AdES.Validation.Indication.TotalFailed => 0,
            AdES.Validation.Indication.Indeterminate => 1,
            _ => 2,
        });
        return new ValidationReport(
            id, now, new Digest("SHA-256", Convert.ToHexStringLower(digest)), worst?.Indication.Name() ?? NoSignature, worst?.Reason?.Name(),
            worst is null ? texts.NoSignature : texts.Of(worst.Indication, worst.Reason), Pechat.AdES.Validation.AlgorithmPolicy.Name,
            [.. signatures.Select(each => Of(each, texts))]);
    }

    private static SignatureResult Of(SignatureReport report, ReportTexts texts) => new(
        report.Signature.FieldName, report.Indication.Name(), report.Reason?.Name(), texts.Of(report.Indication, report.Reason), report.Level,
        report.SigningCertificate?.Subject.Find(Oids.CommonName), report.SigningCertificate is { } certificate ? Of(certificate) : null,
        [.. report.Path.Skip(1).Select(Of)], report.Signature.ClaimedTime, report.BestSignatureTime, Camel(report.Signature.Coverage),
        Camel(report.Signature.Changes), report.Signature.Reason, report.Signature.Location,
        report.Revocation is { } status ? new RevocationResult(status.Source, status.ThisUpdate, status.NextUpdate, status.RevokedAt, status.Reason is { } why ? Camel(why) : null) : null,
        [.. report.Timestamps.Select(each => new TimestampResult(Camel(each.Kind), each.Time, each.Authority, each.Objection is null, each.Objection))],
        [.. report.Checks.Select(each => new CheckResult(Camel(each.Name), Camel(each.Status), each.Reason?.Name(), texts.Of(each), each.Detail))]);

    private static CertificateResult Of(Certificate certificate) =>
        new(certificate.Subject.ToString(), certificate.Issuer.ToString(), certificate.Serial, certificate.NotBefore, certificate.NotAfter);

    private static string Camel(Enum value) => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
