using System.Text.Json.Serialization;
using Pechat.Hosting;

namespace Pechat.Signing.Csc;

/// <summary>CSC API <c>info</c>: public, by GET and POST (§5.1, D-1, D-4, D-6).</summary>
internal static class GetInfo
{
    private const string SpecsOfV1 = "1.0.4.0", Language = "en-GB";

    internal sealed record Algorithms(IReadOnlyList<string> Algos, IReadOnlyList<string> AlgoParams);

    internal sealed record Formats(
        [property: JsonPropertyName("formats")] IReadOnlyList<string> Names,
        [property: JsonPropertyName("envelope_properties")] IReadOnlyList<IReadOnlyList<string>> EnvelopeProperties,
        bool AllowMix);

    /// <summary>Everything behind <c>Methods</c> is v2 only.</summary>
    internal sealed record Response(
        string Specs, string Name, string Logo, string Region, string Lang, string Description, IReadOnlyList<string> AuthType,
        [property: JsonPropertyName("oauth2")] string OAuth2, IReadOnlyList<string> Methods)
    {
        public bool? SupportsRar { get; init; }
        public bool? AsynchronousOperationMode { get; init; }
        public bool? ValidationInfo { get; init; }
        public Algorithms? SignAlgorithms { get; init; }

        [JsonPropertyName("signature_formats")]
        public Formats? SignatureFormats { get; init; }

        [JsonPropertyName("conformance_levels")]
        public IReadOnlyList<string>? ConformanceLevels { get; init; }
        public IReadOnlyList<string>? SupportedHashTypes { get; init; }
    }

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/info", HandlePost);
        routes.MapMethods("/info", [HttpMethods.Get, HttpMethods.Head], Handle);
    }

    internal static async Task<IResult> HandlePost(HttpContext http, SigningOptions options, TokenOptions tokens)
    {
        using CscRequest request = await CscRequest.ReadAsync(http);
        request.CheckCommon();
        return Handle(http, options, tokens);
    }

    internal static IResult Handle(HttpContext http, SigningOptions options, TokenOptions tokens) =>
        CscResults.Ok(Describe(CscVersion.Of(http), options, tokens), CscJson.Default.Info);

    internal static Response Describe(CscVersion version, SigningOptions options, TokenOptions tokens)
    {
        ProviderOptions provider = options.Provider;
        var response = new Response(version == CscVersion.V1 ? SpecsOfV1 : provider.Specs, provider.Name, provider.Logo, provider.Region, Language,
            provider.Description, ["basic", "oauth2code", "oauth2client"], tokens.Issuer.TrimEnd('/') + (version == CscVersion.V1 ? "/v1" : ""), MethodNames.Of(version)); // D-5: the base tells which profile a client follows
        if (version == CscVersion.V1)
            return response;
        string[] algorithms = [.. RequestedAlgorithm.All];
        return response with
        {
            SupportsRar = true,
            AsynchronousOperationMode = true,
            ValidationInfo = false,
            SignAlgorithms = new Algorithms(algorithms, [.. algorithms.Select(RequestedAlgorithm.ParametersOf)]),
            SignatureFormats = new Formats(SignatureFormats.Letters, SignatureFormats.Envelopes, AllowMix: true),
            ConformanceLevels = ["AdES-B-B", "AdES-B-T"],
            SupportedHashTypes = ["SDR", "DTBSR"],
        };
    }
}
