using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Pechat.Signing.Tests.Csc;

/// <summary>The served OpenAPI document against the routes that are there and the members that are read and written.</summary>
[TestFixture]
internal sealed partial class OpenApiTests
{
    private SigningHouse _house = null!;
    private JsonObject _document = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _house = await SigningHouse.StartAsync();
        using HttpResponseMessage answer = await _house.Http.GetAsync(new Uri("/csc/v2/openapi.json", UriKind.Relative));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        _document = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.AsObject();
    }

    [OneTimeTearDown]
    public async Task Stop() => await _house.DisposeAsync();

    [Test]
    public void Every_route_that_answers_is_described_and_nothing_else()
    {
        IEnumerable<string> routes = _house.Service.Services.GetRequiredService<IEnumerable<EndpointDataSource>>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText!.StartsWith("/csc/v2/", StringComparison.Ordinal))
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Where(verb => verb != "HEAD").Select(verb => $"{verb.ToLowerInvariant()} {endpoint.RoutePattern.RawText!["/csc/v2".Length..]}"))
            .Except(["post /credentials/create"]); // 501
        IEnumerable<string> described = _document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(verb => $"{verb.Key} {path.Key}"));
        Assert.That(described, Is.EquivalentTo(routes));
    }

    [Test]
    public void Every_member_that_is_read_or_written_is_described()
    {
        HashSet<string> described = [];
        Collect(_document, described);
        HashSet<string> used = [];
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Sources(), "Csc"), "*.cs").Where(file => !file.EndsWith("DescribeApi.cs", StringComparison.Ordinal)))
        {
            string text = File.ReadAllText(file);
            used.UnionWith(Reads().Matches(text).Select(match => match.Groups[1].Value));
            used.UnionWith(Writes().Matches(text).Select(match => match.Groups[1].Value));
        }
        Assert.That(used, Has.Count.GreaterThan(50), "the sources were read");
        Assert.That(used.Except(described), Is.Empty);
    }

    private static void Collect(JsonNode? node, HashSet<string> names)
    {
        if (node is JsonArray array)
            foreach (JsonNode? item in array)
                Collect(item, names);
        if (node is not JsonObject parent)
            return;
        foreach ((string name, JsonNode? value) in parent)
        {
            if (name == "properties" && value is JsonObject properties)
                names.UnionWith(properties.Select(property => property.Key));
            Collect(value, names);
        }
    }

    private static string Sources([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "services", "signing", "Signing"));

    [GeneratedRegex("""(?:RequiredString|OptionalString|Member|Flag|Read)\((?:[\w.]+, )?"(\w+)"[,)]""")]
    private static partial Regex Reads();

    [GeneratedRegex("""JsonPropertyName\("(\w+)"\)""")]
    private static partial Regex Writes();
}
