using System.Formats.Asn1;
using Pechat.Pki;

namespace Pechat.AdES.Validation;

/// <summary>Where a time stamp stands.</summary>
public enum TimestampKind
{
    /// <summary>Unsigned attribute of the signature, over its value.</summary>
    Signature,

    /// <summary>Document time stamp over everything before it.</summary>
    Document,
}

/// <summary>One time stamp that proves when a signature existed, or fails to (EN 319 102-1 §5.4).</summary>
/// <param name="Kind">Where it stands.</param>
/// <param name="Time">genTime; null when the token is unreadable.</param>
/// <param name="Authority">Subject of the TSU's certificate; null when unknown.</param>
/// <param name="Objection">Why it proves nothing; null when it is valid.</param>
public sealed record TimestampReport(TimestampKind Kind, DateTimeOffset? Time, string? Authority, string? Objection)
{
    internal static TimestampReport Of(TimestampKind kind, ReadOnlyMemory<byte> der, Func<DigestAlgorithm, byte[]> covered, ValidationMaterial material, DateTimeOffset now)
    {
        try
        {
            TimestampToken token = TimestampToken.Parse(der);
            Certificate? unit = Unit(token, material);
            return new TimestampReport(kind, token.Info.GenTime, unit?.Subject.ToString(), unit is null ? "the certificate of its unit is missing" : Objections(token, unit, covered, material, now));
        }
        catch (AsnContentException)
        {
            return new TimestampReport(kind, null, null, "it is malformed");
        }
    }

    internal static Certificate? Unit(TimestampToken token, ValidationMaterial material) =>
        material.Certificates.Concat(material.Anchors).FirstOrDefault(each => token.Signer.Identifies(each) && token.Signer.SignedAttributes.SigningCertificate?.Matches(each) != false);

    private static string? Objections(TimestampToken token, Certificate unit, Func<DigestAlgorithm, byte[]> covered, ValidationMaterial material, DateTimeOffset now)
    {
        if (DigestAlgorithm.Find(token.Info.Imprint.HashAlgorithm.Oid) is not { } digest)
            return $"its hash {token.Info.Imprint.HashAlgorithm.Oid} is not accepted";
        if (!token.Info.Imprint.Matches(digest, covered(digest)))
            return "it is over something else";
        if (!token.Verify(unit))
            return "its signature does not verify, or its certificate is not for time stamping";
        if (AlgorithmPolicy.Objection(token.Signer.Algorithm, token.Signer.SignatureIdentifier.Oid, unit.PublicKey, now) is { } weak)
            return weak;
        return CertificateVerdict.Of(unit, material, now, now).Checks.FirstOrDefault(each => each.Status == CheckStatus.Failed)?.Detail;
    }
}
