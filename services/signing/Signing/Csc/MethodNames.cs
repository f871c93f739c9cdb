namespace Pechat.Signing.Csc;

/// <summary>Methods of the standard, and what is said about those that are not offered (D-22).</summary>
internal static class MethodNames
{
    private static readonly string[] Both =
    [
        "auth/login", "auth/revoke", "credentials/list", "credentials/info", "credentials/authorize", "credentials/extendTransaction", "credentials/sendOTP",
        "signatures/signHash", "signatures/timestamp",
    ];

    private static readonly string[] OnlyV2 =
    [
        "credentials/authorizeCheck", "credentials/getChallenge", "credentials/delete", "signatures/signDoc", "signatures/signPolling",
    ];

    /// <summary>Not offered, by the first version that has them.</summary>
    private static readonly Dictionary<string, int> NotOffered = new()
    {
        ["credentials/create"] = 2,
    };

    /// <summary>What <c>info</c> announces.</summary>
    internal static string[] Of(CscVersion version) => version == CscVersion.V1 ? Both : [.. Both, .. OnlyV2];

    /// <summary>501 for methods of the standard that are not offered; any other name is left to routing, which answers 404.</summary>
    internal static void Map(IEndpointRouteBuilder routes, CscVersion version)
    {
        foreach (string name in NotOffered.Where(method => method.Value <= version.Number).Select(method => method.Key))
            routes.MapPost($"/{name}", () => CscResults.Error(StatusCodes.Status501NotImplemented, "not_implemented_method", $"The method {name} is not offered"));
    }
}
