using Pechat.AdES.Pades;
using Pechat.Pki;

namespace Pechat.AdES.Validation;

/// <summary>What a validation found out about one signature (EN 319 102-1 §5.1.4).</summary>
public sealed record SignatureReport
{
    /// <summary>The signature as found in the file.</summary>
    public required PdfSignature Signature { get; init; }

    /// <summary>Outcome.</summary>
    public required Indication Indication { get; init; }

    /// <summary>Why it is not TOTAL-PASSED; null when it is.</summary>
    public SubIndication? Reason { get; init; }

    /// <summary>All checks, in the order in which a failure decides.</summary>
    public required IReadOnlyList<Check> Checks { get; init; }

    /// <summary>Time of validation.</summary>
    public required DateTimeOffset ValidationTime { get; init; }

    /// <summary>Earliest time at which the signature is proven to have existed; the time of validation without any proof.</summary>
    public required DateTimeOffset BestSignatureTime { get; init; }

    /// <summary>The certificate that the signature names; null when it is missing.</summary>
    public Certificate? SigningCertificate { get; init; }

    /// <summary>Path from it to the anchor; empty when there is none.</summary>
    public required IReadOnlyList<Certificate> Path { get; init; }

    /// <summary>Revocation status of the signing certificate; null when unknown or not needed.</summary>
    public RevocationStatus? Revocation { get; init; }

    /// <summary>Time stamps over the signature.</summary>
    public required IReadOnlyList<TimestampReport> Timestamps { get; init; }

    /// <summary>E.g. <c>PAdES-BASELINE-T</c>; <c>PDF-NOT-ETSI</c> for a signature that is no PAdES baseline.</summary>
    public required string Level { get; init; }
}
