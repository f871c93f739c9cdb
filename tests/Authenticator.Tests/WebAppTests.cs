using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Pechat.Testing;

namespace Pechat.Authenticator.Tests;

/// <summary>The phone's app is served whole, and nothing else may run beside it.</summary>
internal sealed partial class WebAppTests
{
    private TestCluster _cluster = null!;
    private HttpClient _client = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _cluster = await TestCluster.CreateAsync();
        _client = _cluster.Client(await _cluster.StartAsync(
            Run, "authenticator"));
    }

    // The entry point returns when the service has stopped.
    private static Task Run(string[] args)
    {
        typeof(WebApp).Assembly.EntryPoint!.Invoke(null, [(string[])[.. args, "--webroot=" + AppFiles.Folder]]);
        return Task.CompletedTask;
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _client.Dispose();
        await _cluster.DisposeAsync();
    }

    [Test]
    public async Task First_page_runs_only_scripts_of_its_own_origin_and_stands_in_no_frame()
    {
        using HttpResponseMessage answer = await _client.GetAsync(new Uri("/", UriKind.Relative));
        Assert.Multiple(() =>
        {
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(answer.Headers.GetValues("Content-Security-Policy").Single(), Does.StartWith("default-src 'none'; script-src 'self'").And.Contain("frame-ancestors 'none'"));
            Assert.That(answer.Headers.CacheControl?.NoCache, Is.True, "an updated app is never mixed with the old one");
        });
    }

    [Test]
    public async Task App_can_be_installed()
    {
        using HttpResponseMessage answer = await _client.GetAsync(new Uri("/manifest.webmanifest", UriKind.Relative));
        Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/manifest+json"));
        JsonElement manifest = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        Assert.That(manifest.GetProperty("display").GetString(), Is.EqualTo("standalone"));
    }

    [Test]
    public async Task Shell_that_works_without_network_is_every_file_of_the_app()
    {
        string worker = await _client.GetStringAsync(new Uri("/service-worker.js", UriKind.Relative));
        string list = ShellList().Match(worker).Groups[1].Value;
        var shell = Quoted().Matches(list).Select(m => m.Groups[1].Value).Where(f => f != "./");
        var files = Directory.EnumerateFiles(AppFiles.Folder, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(AppFiles.Folder, f)).Where(f => f is not ("index.html" or "service-worker.js"));
        Assert.That(shell, Is.EquivalentTo(files));
    }

    [Test]
    public async Task Unknown_file_is_not_found()
    {
        using HttpResponseMessage answer = await _client.GetAsync(new Uri("/csc/v2/info", UriKind.Relative));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [GeneratedRegex(@"const shell = \[(.*?)\];", RegexOptions.Singleline)]
    private static partial Regex ShellList();

    [GeneratedRegex("'([^']+)'")]
    private static partial Regex Quoted();
}
