using System.Text.RegularExpressions;

namespace Pechat.AdES.Validation;

/// <summary>Overall outcome (EN 319 102-1 §5.1.3).</summary>
public enum Indication
{
    /// <summary>All checks succeeded.</summary>
    TotalPassed,

    /// <summary>The signature is bad, now and for ever.</summary>
    TotalFailed,

    /// <summary>With what is known neither can be said.</summary>
    Indeterminate,
}

/// <summary>Why an outcome is not TOTAL-PASSED (EN 319 102-1 table 6); only those that this library concludes.</summary>
public enum SubIndication
{
#pragma warning disable CS1591 // Each is named as in the standard.
    FormatFailure,
    HashFailure,
    SigCryptoFailure,
    NotYetValid,
    NoSigningCertificateFound,
    NoCertificateChainFound,
    CertificateChainGeneralFailure,
    ChainConstraintsFailure,
    CryptoConstraintsFailureNoPoe,
    RevokedNoPoe,
    RevokedCaNoPoe,
    OutOfBoundsNotRevoked,
    OutOfBoundsNoPoe,
    TryLater,
    SigConstraintsFailure,
#pragma warning restore CS1591
}

/// <summary>Names as the standard writes them.</summary>
public static partial class IndicationNames
{
    /// <summary>E.g. <c>TOTAL-PASSED</c>.</summary>
    /// <param name="indication">Outcome.</param>
    public static string Name(this Indication indication) => indication switch
    {
        Indication.TotalPassed => "TOTAL-PASSED",
        Indication.TotalFailed => "TOTAL-FAILED",
        _ => "INDETERMINATE",
    };

    /// <summary>E.g. <c>HASH_FAILURE</c>.</summary>
    /// <param name="reason">Sub-indication.</param>
    public static string Name(this SubIndication reason) => WordStart().Replace(reason.ToString(), "_").ToUpperInvariant();

    /// <summary>The outcome to which a sub-indication belongs.</summary>
    /// <param name="reason">Sub-indication.</param>
    public static Indication Outcome(this SubIndication reason) =>
        reason is SubIndication.FormatFailure or SubIndication.HashFailure or SubIndication.SigCryptoFailure or SubIndication.NotYetValid
            ? Indication.TotalFailed
            : Indication.Indeterminate;

    [GeneratedRegex("(?<!^)(?=[A-Z])")]
    private static partial Regex WordStart();
}
