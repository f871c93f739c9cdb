using Pechat.AdES.Pades;
using Pechat.Pki;

namespace Pechat.AdES.Validation;

/// <summary>
/// Validation of one PAdES signature with time (EN 319 102-1 §5.5, which embeds §5.3): every check is made, then the outcome follows from
/// the first that failed in the order of <see cref="CheckName"/>, cryptography before certificates.
/// </summary>
internal sealed class PadesValidation(PdfSignature signature, SignedPdf pdf, ValidationMaterial material, DateTimeOffset now)
{
    private const string Etsi = "ETSI.CAdES.detached";
    private const string Adobe = "adbe.pkcs7.detached";

    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    private readonly SignedData? _cms = SignedPdf.Cms(signature.Cms);

    internal SignatureReport Run()
    {
        SignerInfo? signer = _cms?.Signers.Count == 1 ? _cms.Signers[0] : null;
        Certificate? certificate = signer is null ? null : FindCertificate(signer);
        TimestampReport[] timestamps = signer is null ? [] : [.. Timestamps(signer)];
        DateTimeOffset best = timestamps.Where(each => each.Objection is null).Select(each => each.Time!.Value).Append(now).Min();
        CertificateVerdict? verdict = certificate is null ? null : CertificateVerdict.Of(certificate, material, now, best);
        Check[] checks =
        [
            Format(),
            certificate is not null ? Check.Passed(CheckName.SigningCertificate, certificate.Subject.ToString())
                : Check.Failed(CheckName.SigningCertificate, SubIndication.NoSigningCertificateFound, "the certificate that the signature names is missing"),
            Hash(signer),
            Value(signer, certificate),
            .. verdict?.Checks ?? [Check.Skipped(CheckName.Chain), Check.Skipped(CheckName.Revocation), Check.Skipped(CheckName.Validity)],
            Attributes(signer, best),
            Algorithms(signer, certificate, verdict, best),
            LaterChanges(),
            Stamps(timestamps),
        ];
        Check? failure = checks.FirstOrDefault(each => each.Status == CheckStatus.Failed);
        bool isComplete = checks.All(each => each.Status != CheckStatus.Skipped || each.Name == CheckName.Timestamps); // what was not checked has not passed
        return new SignatureReport
        {
            Signature = signature,
            Indication = failure?.Reason!.Value.Outcome() ?? (isComplete ? Indication.TotalPassed : Indication.Indeterminate),
            Reason = failure?.Reason,
            Checks = checks,
            ValidationTime = now,
            BestSignatureTime = best,
            SigningCertificate = certificate,
            Path = verdict?.Path ?? [],
            Revocation = verdict?.Status,
            Timestamps = timestamps,
            Level = signature.SubFilter != Etsi ? "PDF-NOT-ETSI" : timestamps.Any(each => each.Objection is null) ? "PAdES-BASELINE-T" : "PAdES-BASELINE-B",
        };
    }

    private Check Format()
    {
        string? defect = signature.Defects.Count > 0 ? string.Join(' ', signature.Defects)
            : signature.Coverage == SignatureCoverage.Unclear ? "The signature covers no whole revision of the file."
            : _cms is null ? "The CMS is no DER SignedData with signed attributes."
            : _cms.Signers.Count != 1 ? "The CMS has not exactly one signer."
            : _cms.Content is not null || _cms.ContentType != Oids.Data ? "The CMS carries content of its own."
            : _cms.Signers[0].SignedAttributes.ContentType != Oids.Data ? "The content type that was signed is another."
            : null;
        return defect is null ? Check.Passed(CheckName.Format, signature.Coverage.ToString()) : Check.Failed(CheckName.Format, SubIndication.FormatFailure, defect);
    }

    /// <summary>EN 319 102-1 §5.2.3: by the signed reference; without one by issuer and serial number, which the attribute check then refuses.</summary>
    private Certificate? FindCertificate(SignerInfo signer) => signer.SignedAttributes.SigningCertificate is { } reference
        ? material.Certificates.FirstOrDefault(reference.Matches)
        : material.Certificates.FirstOrDefault(signer.Identifies);

    private Check Hash(SignerInfo? signer)
    {
        if (signer is null || signature.ByteRange.Count != 4 || DigestAlgorithm.Find(signer.DigestOid) is not { } digest)
            return Check.Skipped(CheckName.Hash);
        return signer.SignedAttributes.MessageDigest.Span.SequenceEqual(signature.Hash(digest))
            ? Check.Passed(CheckName.Hash, digest.DisplayName)
            : Check.Failed(CheckName.Hash, SubIndication.HashFailure, "the document was changed after it was signed");
    }

    private static Check Value(SignerInfo? signer, Certificate? certificate)
    {
        if (signer?.Algorithm is not { } algorithm || certificate is null)
            return Check.Skipped(CheckName.SignatureValue);
        return certificate.PublicKey.Verify(algorithm, signer.SignedAttributes.ToBeSigned.Span, signer.Signature.Span)
            ? Check.Passed(CheckName.SignatureValue, algorithm.ToString())
            : Check.Failed(CheckName.SignatureValue, SubIndication.SigCryptoFailure, "the signature value does not verify under the certificate");
    }

    private Check Attributes(SignerInfo? signer, DateTimeOffset best)
    {
        if (signer is null)
            return Check.Skipped(CheckName.Attributes);
        if (signature.SubFilter is not (Etsi or Adobe))
            return Check.Failed(CheckName.Attributes, SubIndication.SigConstraintsFailure, $"signatures of the type {signature.SubFilter} are not supported");
        if (signer.SignedAttributes.SigningCertificate is null)
            return Check.Failed(CheckName.Attributes, SubIndication.SigConstraintsFailure, "signing-certificate-v2 is missing");
        if (signature.SubFilter == Etsi && signature.ClaimedTime is null)
            return Check.Failed(CheckName.Attributes, SubIndication.SigConstraintsFailure, "the time of signing (/M) is missing");
        if (signature.ClaimedTime > best + ClockSkew)
            return Check.Warning(CheckName.Attributes, $"the claimed time {signature.ClaimedTime:u} is later than the proven {best:u}");
        return signature.SubFilter == Adobe ? Check.Warning(CheckName.Attributes, "the signature is no PAdES baseline")
            : signer.SignedAttributes.SigningTime is not null ? Check.Warning(CheckName.Attributes, "signing-time has no place in a PAdES signature")
            : Check.Passed(CheckName.Attributes);
    }

    /// <summary>The signature's algorithm at the proven time; those of certificates now, which a path of ours verifies under SHA-2 only.</summary>
    private Check Algorithms(SignerInfo? signer, Certificate? certificate, CertificateVerdict? verdict, DateTimeOffset best)
    {
        if (signer is null || certificate is null || verdict is null)
            return Check.Skipped(CheckName.Algorithms);
        string? objection = DigestAlgorithm.Find(signer.DigestOid) is null
            ? $"the hash {signer.DigestOid} is not known or too weak"
            : AlgorithmPolicy.Objection(signer.Algorithm, signer.SignatureIdentifier.Oid, certificate.PublicKey, best);
        foreach ((Certificate subject, Certificate issuer) in verdict.Path.Zip(verdict.Path.Skip(1)))
            objection ??= AlgorithmPolicy.Objection(SignatureAlgorithm.Find(subject.Signed.Algorithm), subject.Signed.Algorithm.Oid, issuer.PublicKey, now);
        return objection is null ? Check.Passed(CheckName.Algorithms, AlgorithmPolicy.Name)
            : Check.Failed(CheckName.Algorithms, SubIndication.CryptoConstraintsFailureNoPoe, $"{objection} ({AlgorithmPolicy.Name})");
    }

    private Check LaterChanges()
    {
        string notes = $"{signature.Changes}: {string.Join(' ', signature.Notes)}";
        return !signature.AreChangesPermitted ? Check.Failed(CheckName.LaterChanges, SubIndication.SigConstraintsFailure, notes)
            : signature.Changes == Pades.LaterChanges.None ? Check.Passed(CheckName.LaterChanges)
            : Check.Warning(CheckName.LaterChanges, notes);
    }

    private IEnumerable<TimestampReport> Timestamps(SignerInfo signer)
    {
        foreach (ReadOnlyMemory<byte> token in SignedPdf.Tokens(signer))
            yield return TimestampReport.Of(TimestampKind.Signature, token, digest => digest.Hash(signer.Signature.Span), material, now);
        foreach (PdfSignature stamp in pdf.Signatures.Where(each => each.IsDocumentTimestamp && each.Defects.Count == 0 && each.Coverage != SignatureCoverage.Unclear))
        {
            bool covers = signature.ByteRange.Count == 4 && stamp.ByteRange[1] >= signature.ByteRange[2] + signature.ByteRange[3];
            if (covers)
                yield return TimestampReport.Of(TimestampKind.Document, stamp.Cms, stamp.Hash, material, now);
        }
    }

    private static Check Stamps(TimestampReport[] timestamps)
    {
        string bad = string.Join("; ", timestamps.Where(each => each.Objection is not null).Select(each => each.Objection));
        return timestamps.Length == 0 ? Check.Skipped(CheckName.Timestamps)
            : bad.Length > 0 ? Check.Warning(CheckName.Timestamps, bad)
            : Check.Passed(CheckName.Timestamps, string.Join("; ", timestamps.Select(each => $"{each.Time:u} {each.Authority}")));
    }
}
