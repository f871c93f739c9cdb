namespace Pechat.Identity.OAuth;

/// <summary>
/// The two bases that lead to this server (CSC profile D-5). Which one a client uses tells what it expects: behind <c>/v1</c> a client
/// of CSC API v1, which knows no PKCE and takes the token of scope credential for a SAD.
/// </summary>
internal static class OAuthBases
{
    internal const string V1 = "/v1";

    /// <summary>A path behind each base.</summary>
    internal static IEnumerable<string> Paths(string path) => [path, V1 + path];

    /// <summary>Whether the request came by the base for CSC API v1.</summary>
    internal static bool IsV1(HttpContext context) => context.Request.Path.StartsWithSegments(V1);
}
