namespace Pechat.AdES;

/// <summary>What a signer commits to (EN 319 122-1 §5.2.3); the same six in every format.</summary>
public enum Commitment
{
    /// <summary>Created, approved and sent.</summary>
    ProofOfOrigin = 1,

    /// <summary>Received.</summary>
    ProofOfReceipt,

    /// <summary>Delivered by a trusted party.</summary>
    ProofOfDelivery,

    /// <summary>Sent.</summary>
    ProofOfSender,

    /// <summary>Approved.</summary>
    ProofOfApproval,

    /// <summary>Created.</summary>
    ProofOfCreation,
}

/// <summary>What a signer says beside the signature itself, in CAdES, XAdES and JAdES alike; all of it is signed.</summary>
public sealed record SignatureClaims
{
    /// <summary>Claimed time of signing; written in UTC, cut to seconds.</summary>
    public required DateTimeOffset SigningTime { get; init; }

    /// <summary>Media type of what is signed, e.g. <c>application/pdf</c>; null leaves it out where the format allows that.</summary>
    public string? MimeType { get; init; }

    /// <summary>Commitment; null for none.</summary>
    public Commitment? Commitment { get; init; }

    /// <summary>Country of signing, two letters; null for none.</summary>
    public string? Country { get; init; }

    /// <summary>Place of signing; null for none.</summary>
    public string? Locality { get; init; }
}
