namespace Pechat.AdES.Pades;

/// <summary>What a signer may say about a signature (ISO 32000-2 §12.8.1); texts are Unicode.</summary>
public sealed record PadesOptions
{
    /// <summary>Room in bytes that holds an RFC 3161 token with its chain.</summary>
    public const int UsualTimestamp = 8192;

    /// <summary>Claimed time of signing, /M; written in UTC, cut to seconds.</summary>
    public required DateTimeOffset SigningTime { get; init; }

    /// <summary>Room in bytes for a signature time stamp; 0 when none will be added (level B-B).</summary>
    public int TimestampReserve { get; init; }

    /// <summary>Full name of an unsigned signature field to fill; null makes a new invisible field.</summary>
    public string? FieldName { get; init; }

    /// <summary>/Name: who signs; null leaves it to the certificate.</summary>
    public string? Name { get; init; }

    /// <summary>/Reason.</summary>
    public string? Reason { get; init; }

    /// <summary>/Location.</summary>
    public string? Location { get; init; }

    /// <summary>/ContactInfo.</summary>
    public string? ContactInfo { get; init; }
}
