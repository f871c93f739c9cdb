using Pechat.Contracts;

namespace Pechat.Identity.Profile;

/// <summary>The general terms in force.</summary>
internal static class GetTerms
{
    internal sealed record Response(string Version, string Language, string Text, string Sha256);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/terms", Handle);

    internal static Response Handle(string language = "bg")
    {
        Terms terms = Terms.In(language) ?? throw FaultException.Invalid("invalid_language", "language must be bg, en or pl");
        return new(terms.Version, terms.Language, terms.Text, terms.Sha256);
    }
}
