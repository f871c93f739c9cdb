using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Pechat.Conformance.Tests;

/// <summary>What the server answered.</summary>
internal sealed record Answer(int Status, JsonNode? Body, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders, string Text)
{
    internal string? Error => (string?)Body?["error"];

    internal string? Description => (string?)Body?["error_description"];

    internal string? MediaType => ContentHeaders.ContentType?.MediaType;

    /// <summary>A member that must be there.</summary>
    internal JsonNode this[string name] => Body?[name] ?? throw new AssertionException($"no member {name} in {Status} {Text}");

    internal Answer IsOk(int status = 200)
    {
        Assert.That(Status, Is.EqualTo(status), Text);
        return this;
    }

    /// <summary>400 invalid_request, and the text if one is given.</summary>
    internal void IsRefused(string? description = null, string error = "invalid_request", int status = 400)
    {
        Assert.That((Status, Error), Is.EqualTo((status, error)), Text);
        if (description is not null)
            Assert.That(Description, Is.EqualTo(description));
    }
}
