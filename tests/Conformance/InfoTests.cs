using System.Text.Json.Nodes;

namespace Pechat.Conformance.Tests;

/// <summary>Checklist 11.2.</summary>
internal sealed class InfoTests : Suite
{
    private static async Task<JsonObject> Info(int version) => (await Server.PostAsync($"csc/v{version}/info", new { }, null)).IsOk().Body!.AsObject();

    [Test, Statement(18)]
    public async Task Info_of_v1_is_complete()
    {
        JsonObject info = await Info(1);
        Assert.That((string?)info["specs"], Is.EqualTo("1.0.4.0"));
        foreach (string name in new[] { "name", "description" })
            Assert.That(((string?)info[name])?.Length, Is.InRange(1, 255), name);
        Assert.That(Uri.TryCreate((string?)info["logo"], UriKind.Absolute, out _));
        Assert.That((string?)info["region"], Does.Match("^[A-Z]{2}$"));
        Assert.That((string?)info["lang"], Is.Not.Empty);
        Assert.That(info["authType"]!.AsArray(), Is.Not.Empty);
        Assert.That(info["methods"]!.AsArray(), Is.Not.Empty);
    }

    [Test, Statement(19)]
    public async Task Info_of_v2_is_complete()
    {
        JsonObject info = await Info(2);
        Assert.That((string?)info["specs"], Does.StartWith("2."));
        Assert.That(info["signAlgorithms"]!["algos"]!.AsArray(), Is.Not.Empty);
        Assert.That(info["signature_formats"]!["formats"]!.AsArray(), Is.Not.Empty);
        Assert.That(info["conformance_levels"]!.AsArray(), Is.Not.Empty);
    }

    [Test, Statement(20)]
    public async Task Address_of_the_authorisation_server_is_there([Values(1, 2)] int version)
    {
        JsonObject info = await Info(version);
        Assert.That(info["authType"]!.AsArray().Select(each => (string?)each), Does.Contain("oauth2code"));
        Assert.That((string?)info["oauth2"], Does.StartWith("https://").And.Not.EndWith("/"));
        Assert.That(info.ContainsKey("oauth2Issuer") || info.ContainsKey("oauth2Servers"), Is.False);
    }

    [Test, Statement(21)]
    public async Task Announced_methods_are_there_and_those_that_are_there_are_announced([Values(1, 2)] int version)
    {
        string[] announced = [.. (await Info(version))["methods"]!.AsArray().Select(each => (string)each!)];
        string[] all =
        [
            "auth/login", "auth/revoke", "credentials/list", "credentials/info", "credentials/authorize", "credentials/authorizeCheck", "credentials/getChallenge", "credentials/sendOTP",
            "credentials/extendTransaction", "credentials/create", "credentials/delete", "signatures/signHash", "signatures/signDoc", "signatures/signPolling", "signatures/timestamp",
        ];
        foreach (string method in all.Union(announced))
        {
            int status = (await Server.PostAsync($"csc/v{version}/{method}", new { }, Alice)).Status;
            Assert.That(status is 404 or 501, Is.Not.EqualTo(announced.Contains(method)), $"{method} answers {status}");
        }
    }

    [Test, Statement(22)]
    public async Task Unknown_language_is_answered_in_the_usual_one()
    {
        string usual = (string)(await Info(2))["lang"]!;
        Assert.That((string?)(await V2("info", new { lang = "xx-XX" }, null)).IsOk()["lang"], Is.EqualTo(usual));
        Assert.That((string?)(await V2("info", new { lang = usual }, null)).IsOk()["lang"], Is.EqualTo(usual));
    }

    [Test, Statement(23)]
    public async Task Aligned_lists_are_aligned()
    {
        JsonObject info = await Info(2);
        JsonArray parameters = info["signAlgorithms"]!["algoParams"]!.AsArray();
        Assert.That(parameters, Has.Count.EqualTo(info["signAlgorithms"]!["algos"]!.AsArray().Count));
        Assert.That(parameters.Select(each => each!.GetValueKind()), Has.All.EqualTo(System.Text.Json.JsonValueKind.String));
        Assert.That(info["signature_formats"]!["envelope_properties"]!.AsArray(), Has.Count.EqualTo(info["signature_formats"]!["formats"]!.AsArray().Count));
    }

    [Test, Statement(24)]
    public async Task Default_is_version_2_2()
    {
        JsonObject info = await Info(2);
        Assert.That((string?)info["specs"], Is.EqualTo("2.2.0.0"));
        Assert.That(info["supportedHashTypes"]!.AsArray(), Is.Not.Empty);
        Assert.That((bool?)info["supportsRar"], Is.True);
    }

    [Test, Statement(25)]
    public async Task Metadata_of_the_authorisation_server_agree_with_its_base()
    {
        string oauth2 = (string)(await Info(2))["oauth2"]!;
        JsonNode metadata = (await Server.SendAsync(HttpMethod.Get, $"{oauth2}/.well-known/oauth-authorization-server", null, null)).IsOk().Body!;
        foreach ((string name, string path) in new[]
        {
            ("authorization_endpoint", "authorize"), ("token_endpoint", "token"), ("pushed_authorization_request_endpoint", "pushed_authorize"), ("revocation_endpoint", "revoke"),
        })
            Assert.That((string?)metadata[name], Is.EqualTo($"{oauth2}/oauth2/{path}"));
    }
}
