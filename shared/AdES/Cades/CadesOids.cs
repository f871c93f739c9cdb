namespace Pechat.AdES.Cades;

/// <summary>OIDs of EN 319 122-1 that only this folder needs.</summary>
internal static class CadesOids
{
    internal const string CounterSignature = "1.2.840.113549.1.9.6";
    internal const string CommitmentTypeIndication = "1.2.840.113549.1.9.16.2.16";
    internal const string CommitmentType = "1.2.840.113549.1.9.16.6";
    internal const string SignerLocation = "1.2.840.113549.1.9.16.2.17";
    internal const string MimeType = "0.4.0.1733.2.1";
    internal const string ArchiveTimestampV2 = "1.2.840.113549.1.9.16.2.48";
    internal const string ArchiveTimestampV3 = "0.4.0.1733.2.4";
    internal const string HashIndexV3 = "0.4.0.19122.1.5";
    internal const string LongTermValidation = "0.4.0.1733.2.2";
    internal const string OcspResponse = "1.3.6.1.5.5.7.16.2";

    /// <summary>Unsigned attributes that a baseline signature may not have (ades.md 2.7).</summary>
    internal static readonly string[] Extended =
    [
        "1.2.840.113549.1.9.16.2.21", "1.2.840.113549.1.9.16.2.22", "1.2.840.113549.1.9.16.2.23", "1.2.840.113549.1.9.16.2.24",
        "1.2.840.113549.1.9.16.2.25", "1.2.840.113549.1.9.16.2.26", "1.2.840.113549.1.9.16.2.44", "1.2.840.113549.1.9.16.2.45",
    ];
}
