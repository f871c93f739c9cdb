namespace Pechat.AdES;

/// <summary>What somebody without a network needs to validate a signature (level LT); DER throughout, none of it is verified here.</summary>
/// <param name="Certificates">Paths of the signer, of the time-stamping units and of those who answered for revocation.</param>
/// <param name="OcspResponses">Whole OCSPResponses.</param>
/// <param name="Crls">CRLs; a delta CRL needs its base.</param>
public sealed record ValidationData(
    IReadOnlyList<ReadOnlyMemory<byte>> Certificates, IReadOnlyList<ReadOnlyMemory<byte>> OcspResponses, IReadOnlyList<ReadOnlyMemory<byte>> Crls);
