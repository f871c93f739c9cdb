namespace Pechat.Signing.Csc;

/// <summary>What v1 and v2 of the API call differently (§3.2); metadata of a group of routes, so that both are served by the same slices.</summary>
/// <param name="Number">1 or 2.</param>
/// <param name="Hashes">Member with the digests.</param>
/// <param name="HashOid">Member with their algorithm.</param>
/// <param name="NoUserId">What is said about a <c>userID</c> that does not fit the token.</param>
internal sealed record CscVersion(int Number, string Hashes, string HashOid, string NoUserId)
{
    internal static readonly CscVersion V1 = new(1, "hash", "hashAlgo", "userID parameter MUST be null");

    internal static readonly CscVersion V2 = new(2, "hashes", "hashAlgorithmOID", "userID parameter SHALL be null");

    internal static CscVersion Of(HttpContext http) => http.GetEndpoint()?.Metadata.GetMetadata<CscVersion>() ?? V2;
}
