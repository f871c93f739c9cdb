using System.Net;
using System.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Pechat.Hosting;
using Pechat.Testing;

namespace Pechat.Portal.Tests;

/// <summary>The portal as it starts in production, with a real database; the services behind it are doubles of other processes.</summary>
internal sealed class PortalTests
{
    private TestCluster _cluster = null!;
    private TestDatabase _db = null!;
    private TestService _portal = null!;
    private HttpClient _client = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _cluster = await TestCluster.CreateAsync();
        _db = await TestDatabase.CreateAsync("portal", typeof(PortalOptions).Assembly);
        string secret = Path.Combine(_cluster.Pki.Directory, "secret");
        await File.WriteAllTextAsync(secret, "portal-secret\n");
        foreach (string peer in new[] { "signing", "billing", "documents" })
            await _cluster.StartAsync(Nothing(peer), peer);
        _portal = await _cluster.StartAsync(Run, "portal", new Dictionary<string, object>
        {
            ["Database"] = _db.Section,
            ["Portal"] = new { ClientSecretFile = secret, AuthenticatorBase = "https://phone.example" },
        });
    }

    [SetUp]
    public void NewVisitor() => _client = _cluster.Client(_portal); // with no cookies yet

    [TearDown]
    public void VisitorLeaves() => _client.Dispose();

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _cluster.DisposeAsync();
        await _db.DisposeAsync();
    }

    [TestCase(null, "Електронен подпис в облака", "bg")]
    [TestCase("en-GB,en;q=0.8", "Electronic signature in the cloud", "en")]
    [TestCase("pl", "Електронен подпис в облака", "bg")]
    public async Task Page_is_in_the_language_of_the_browser(string? accept, string title, string language)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        if (accept is not null)
            request.Headers.Add("Accept-Language", accept);
        string page = WebUtility.HtmlDecode(await (await _client.SendAsync(request)).Content.ReadAsStringAsync());
        Assert.That(page, Does.Contain($"<h1>{title}</h1>").And.Contain($"<html lang=\"{language}\">").And.Contain("href=\"#main\"").And.Contain("https://phone.example"));
    }

    [Test]
    public async Task Chosen_language_is_kept_and_leads_back_to_the_page()
    {
        using HttpResponseMessage answer = await _client.GetAsync(new Uri("/language/en?back=/not-found", UriKind.Relative));
        Assert.Multiple(() =>
        {
            Assert.That(answer.Headers.Location?.ToString(), Is.EqualTo("/not-found"));
            Assert.That(answer.Headers.GetValues("Set-Cookie").Single(), Does.StartWith("language=").And.Contain("secure"));
        });
    }

    [TestCase("//evil.example")]
    [TestCase("/\\evil.example")]
    [TestCase("https://evil.example/")]
    public async Task Language_switch_leads_to_no_other_site(string back)
    {
        using HttpResponseMessage answer = await _client.GetAsync(new Uri($"/language/en?back={Uri.EscapeDataString(back)}", UriKind.Relative));
        Assert.That(answer.Headers.Location?.ToString(), Is.EqualTo("/"));
    }

    [Test, Property("Clause", "RFC 7636 §4.3")]
    public async Task Login_asks_Identity_with_a_code_challenge_and_returns_to_the_public_address()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/login");
        request.Headers.Add("X-Forwarded-Host", "sign.example");
        request.Headers.Add("X-Forwarded-Proto", "https");
        using HttpResponseMessage answer = await _client.SendAsync(request);
        var query = HttpUtility.ParseQueryString(answer.Headers.Location!.Query);
        Assert.Multiple(() =>
        {
            Assert.That(answer.Headers.Location!.GetLeftPart(UriPartial.Path), Is.EqualTo($"{TestTokens.Issuer}/oauth2/authorize"));
            Assert.That(query["response_type"], Is.EqualTo("code"));
            Assert.That(query["code_challenge_method"], Is.EqualTo("S256"));
            Assert.That(query["redirect_uri"], Is.EqualTo("https://sign.example/login/callback"));
            Assert.That(query["scope"], Is.EqualTo("portal service"));
            Assert.That(query["state"], Is.Not.Empty);
        });
    }

    [Test]
    public async Task Account_without_a_session_leads_to_the_login()
    {
        using HttpResponseMessage answer = await _client.GetAsync(new Uri("/account", UriKind.Relative));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        Assert.That(answer.Headers.Location!.ToString(), Does.Contain("/login"));
    }

    [Test]
    public async Task Forged_callback_is_a_failed_login_and_no_error_page()
    {
        using HttpResponseMessage answer = await _client.GetAsync(new Uri("/login/callback?code=x&state=y", UriKind.Relative));
        Assert.That(answer.Headers.Location?.ToString(), Is.EqualTo("/?login=failed"));
    }

    [Test]
    public async Task Nothing_but_our_own_styles_and_pictures_may_be_loaded()
    {
        using HttpResponseMessage answer = await _client.GetAsync(new Uri("/", UriKind.Relative));
        Assert.That(answer.Headers.GetValues("Content-Security-Policy").Single(), Does.StartWith("default-src 'none'").And.Contain("frame-ancestors 'none'"));
    }

    [Test]
    public async Task Unknown_page_is_a_readable_404()
    {
        using HttpResponseMessage answer = await _client.GetAsync(new Uri("/no/such/page", UriKind.Relative));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync()), Does.Contain("Страницата не съществува."));
    }

    [Test]
    public void Every_text_exists_in_both_languages() =>
        Assert.That(Texts.Everything.Where(t => string.IsNullOrWhiteSpace(t.Value.Bulgarian) || string.IsNullOrWhiteSpace(t.Value.English)), Is.Empty);

    // The pages are found by the name of the application, which is the test's own here. The entry point returns when the service has stopped.
    private static Task Run(string[] args)
    {
        typeof(PortalOptions).Assembly.EntryPoint!.Invoke(null, [(string[])[.. args, "--applicationName=Pechat.Portal"]]);
        return Task.CompletedTask;
    }

    private static Func<string[], Task> Nothing(string name) => async args =>
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddDefaults(name);
        await using WebApplication app = builder.Build();
        app.MapDefaults();
        app.MapFallback(() => Results.NotFound());
        await app.RunAsync();
    };
}
