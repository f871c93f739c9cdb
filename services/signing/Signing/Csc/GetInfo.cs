using System.Text.Json.Serialization;
using Pechat.Hosting;

namespace Pechat.Signing.Csc;

/// <summary>CSC API v2 <c>info</c>: public, by GET and POST (§5.1, D-4, D-6).</summary>
internal static class GetInfo
{
    private static readonly string[] Languages = ["en-GB"];

    internal sealed record Algorithms(IReadOnlyList<string> Algos, IReadOnlyList<string> AlgoParams);

    internal sealed record Formats(
        [property: JsonPropertyName("formats")] IReadOnlyList<string> Names,
        [property: JsonPropertyName("envelope_properties")] IReadOnlyList<IReadOnlyList<string>> EnvelopeProperties,
        bool AllowMix);

    internal sealed record Response(
        string Specs, string Name, string Logo, string Region, string Lang, string Description, IReadOnlyList<string> AuthType,
        [property: JsonPropertyName("oauth2")] string OAuth2, bool SupportsRar, bool AsynchronousOperationMode, bool ValidationInfo,
        IReadOnlyList<string> Methods, Algorithms SignAlgorithms,
        [property: JsonPropertyName("signature_formats")] Formats SignatureFormats,
        [property: JsonPropertyName("conformance_levels")] IReadOnlyList<string> ConformanceLevels,
        IReadOnlyList<string> SupportedHashTypes);

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/info", HandlePost);
        routes.MapGet("/info", Handle);
    }

    internal static async Task<IResult> HandlePost(HttpContext http, SigningOptions options, TokenOptions tokens)
    {
        using CscRequest request = await CscRequest.ReadAsync(http);
        request.CheckCommon();
        return Handle(options, tokens);
    }

    internal static IResult Handle(SigningOptions options, TokenOptions tokens) => CscResults.Ok(Describe(options, tokens), CscJson.Default.Info);

    internal static Response Describe(SigningOptions options, TokenOptions tokens)
    {
        string[] algorithms = [.. RequestedAlgorithm.All];
        return new Response(
            options.Provider.Specs, options.Provider.Name, options.Provider.Logo, options.Provider.Region, Languages[0], options.Provider.Description,
            ["oauth2code", "oauth2client"], tokens.Issuer.TrimEnd('/'),
            SupportsRar: false, // the authorisation server issues no credential tokens yet
            AsynchronousOperationMode: true, ValidationInfo: false, MethodNames.Implemented,
            new Algorithms(algorithms, [.. algorithms.Select(RequestedAlgorithm.ParametersOf)]),
            new Formats(["P"], [["Revision"]], AllowMix: false),
            ["AdES-B-B", "AdES-B-T"], ["SDR", "DTBSR"]);
    }
}
