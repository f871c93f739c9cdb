namespace Pechat.AdES.Validation;

/// <summary>What is checked, in the order in which a failure decides (EN 319 102-1 §5.3.4).</summary>
public enum CheckName
{
    /// <summary>Structure of the file around the signature and of the CMS.</summary>
    Format,

    /// <summary>The certificate that the signature names is there.</summary>
    SigningCertificate,

    /// <summary>The signed octets have the signed hash.</summary>
    Hash,

    /// <summary>The signature value verifies under the certificate.</summary>
    SignatureValue,

    /// <summary>A path leads from the certificate to a trust anchor.</summary>
    Chain,

    /// <summary>No certificate of the path was revoked or on hold.</summary>
    Revocation,

    /// <summary>The certificates were valid at the best signature time.</summary>
    Validity,

    /// <summary>Attributes that the format asks for are there.</summary>
    Attributes,

    /// <summary>Algorithms and key lengths were acceptable.</summary>
    Algorithms,

    /// <summary>What was done to the file after the signature is permitted.</summary>
    LaterChanges,

    /// <summary>Time stamps are valid; one that is not is no proof, and no failure either.</summary>
    Timestamps,
}

/// <summary>How a check ended.</summary>
public enum CheckStatus
{
    /// <summary>Good.</summary>
    Passed,

    /// <summary>Good, with something to know.</summary>
    Warning,

    /// <summary>Bad.</summary>
    Failed,

    /// <summary>Not made, because something it needs is missing.</summary>
    Skipped,
}

/// <summary>One check of a report.</summary>
/// <param name="Name">What.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Reason">Sub-indication of a failure; null otherwise.</param>
/// <param name="Detail">For an expert, in English; null when there is nothing to say.</param>
public sealed record Check(CheckName Name, CheckStatus Status, SubIndication? Reason = null, string? Detail = null)
{
    internal static Check Passed(CheckName name, string? detail = null) => new(name, CheckStatus.Passed, null, detail);

    internal static Check Warning(CheckName name, string detail) => new(name, CheckStatus.Warning, null, detail);

    internal static Check Failed(CheckName name, SubIndication reason, string detail) => new(name, CheckStatus.Failed, reason, detail);

    internal static Check Skipped(CheckName name) => new(name, CheckStatus.Skipped);
}
