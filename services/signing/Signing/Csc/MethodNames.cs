namespace Pechat.Signing.Csc;

/// <summary>Methods of the standard, and what is said about those that are not offered (D-22).</summary>
internal static class MethodNames
{
    internal static readonly string[] Implemented =
    [
        "credentials/list", "credentials/info", "credentials/authorize", "credentials/authorizeCheck",
        "signatures/signHash", "signatures/signDoc", "signatures/signPolling", "signatures/timestamp",
    ];

    private static readonly string[] NotImplemented =
    [
        "auth/login", "auth/revoke", "credentials/getChallenge", "credentials/sendOTP", "credentials/extendTransaction",
        "credentials/create", "credentials/delete",
    ];

    /// <summary>501 for methods of the standard that are not offered; any other name is left to routing, which answers 404.</summary>
    internal static void Map(IEndpointRouteBuilder routes)
    {
        foreach (string name in NotImplemented)
            routes.MapPost($"/{name}", () => CscResults.Error(StatusCodes.Status501NotImplemented, "not_implemented_method", $"The method {name} is not offered"));
    }
}
