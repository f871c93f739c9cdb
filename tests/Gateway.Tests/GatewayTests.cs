using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Pechat.Hosting;
using Pechat.Testing;

namespace Pechat.Gateway.Tests;

/// <summary>The gateway as it starts in production, before peers that say what reached them.</summary>
internal sealed class GatewayTests
{
    private static readonly string[] Names = [.. Surface.All.Select(s => s.Service).Distinct()];
    private readonly int _public = FreePort.Take();
    private readonly int _authenticator = FreePort.Take();
    private readonly int _plain = FreePort.Take();
    private TestCluster _cluster = null!;
    private HttpClient _client = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _cluster = await TestCluster.CreateAsync();
        foreach (string name in Names.Except(["billing"]))
            await _cluster.StartAsync(Echo(name), name);
        _cluster.SetPeer("billing", $"https://127.0.0.1:{FreePort.Take()}"); // nobody listens there
        ServiceCertificate certificate = _cluster.Pki.Issue("gateway");
        await _cluster.StartAsync(typeof(Surface).Assembly, "gateway", new Dictionary<string, object>
        {
            ["Hosting"] = new { Port = 0, HealthPort = FreePort.Take(), certificate.CertificateFile, certificate.KeyFile, _cluster.Pki.AuthorityFile },
            ["Gateway"] = new
            {
                PublicPort = _public, AuthenticatorPort = _authenticator, PlainPort = _plain, certificate.CertificateFile, certificate.KeyFile,
                RateLimits = new Dictionary<string, object> { ["documents"] = new { PerSecond = 1, Burst = 2 }, ["default"] = new { PerSecond = 1000, Burst = 1000 } },
            },
        });
        _client = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, server, _, _) => server?.Issuer == _cluster.Pki.Authority.Subject },
        });
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _client.Dispose();
        await _cluster.DisposeAsync();
    }

    [TestCase("/identity/v1/me", "identity")]
    [TestCase("/oauth2/token", "identity")]
    [TestCase("/.well-known/openid-configuration", "identity")]
    [TestCase("/registration/v1/requests", "registration")]
    [TestCase("/csc/v2/info", "signing")]
    [TestCase("/csc/v2/signatures/signDoc", "signing")]
    [TestCase("/validation/v1/validate", "validation")]
    [TestCase("/ocsp/", "certificate-status")]
    [TestCase("/register", "certificate-status")]
    [TestCase("/register/v1/certificates", "certificate-status")]
    [TestCase("/", "portal")]
    [TestCase("/account", "portal")]
    public async Task Public_door_routes_by_surface(string path, string service) =>
        Assert.That((await Arrived($"https://localhost:{_public}{path}")).Service, Is.EqualTo(service));

    [TestCase("/", "authenticator")]
    [TestCase("/app.js", "authenticator")]
    [TestCase("/identity/v1/logins", "identity")]
    [TestCase("/signing/v1/requests", "signing")]
    [TestCase("/registration/v1/requests", "registration")]
    public async Task Door_of_the_authenticator_has_the_app_and_what_it_calls(string path, string service) =>
        Assert.That((await Arrived($"https://localhost:{_authenticator}{path}")).Service, Is.EqualTo(service));

    [TestCase("/csc/v2/info")]
    [TestCase("/validation/v1/validate")]
    public async Task Door_of_the_authenticator_has_no_signing_api(string path) =>
        Assert.That((await Arrived($"https://localhost:{_authenticator}{path}")).Service, Is.EqualTo("authenticator"), "the app's own not-found answers");

    [TestCase("/ocsp/", HttpStatusCode.OK)]
    [TestCase("/crl/people-ca.crl", HttpStatusCode.OK)]
    [TestCase("/ca/root.cer", HttpStatusCode.OK)]
    [TestCase("/tsa", HttpStatusCode.OK)]
    [TestCase("/", HttpStatusCode.NotFound)]
    [TestCase("/csc/v2/info", HttpStatusCode.NotFound)]
    [TestCase("/register", HttpStatusCode.NotFound)]
    [TestCase("/oauth2/token", HttpStatusCode.NotFound)]
    public async Task Plain_door_has_only_what_is_signed_by_itself(string path, HttpStatusCode expected)
    {
        using HttpResponseMessage answer = await _client.GetAsync(new Uri($"http://localhost:{_plain}{path}"));
        Assert.That(answer.StatusCode, Is.EqualTo(expected));
    }

    [Test]
    public async Task Internal_headers_of_a_stranger_do_not_reach_a_peer()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://localhost:{_public}/identity/v1/me");
        request.Headers.Add("X-Correlation-Id", "forged");
        request.Headers.Add("X-Peer", "signing");
        request.Headers.Add("X-Forwarded-For", "10.1.1.1");
        using HttpResponseMessage answer = await _client.SendAsync(request);
        Arrival arrival = (await answer.Content.ReadFromJsonAsync<Arrival>(JsonSerializerOptions.Web))!;
        string id = answer.Headers.GetValues("X-Correlation-Id").Single();
        Assert.Multiple(() =>
        {
            Assert.That(id, Is.Not.EqualTo("forged"));
            Assert.That(arrival.Headers["x-correlation-id"], Is.EqualTo(id), "the peer logs under the id that the caller sees");
            Assert.That(arrival.Headers.Keys, Has.None.EqualTo("x-peer"));
            Assert.That(arrival.Headers["x-forwarded-for"], Does.Not.Contain("10.1.1.1"));
            Assert.That(arrival.Headers["x-forwarded-host"], Is.EqualTo($"localhost:{_public}"));
        });
    }

    [Test]
    public async Task Too_large_a_body_is_refused_in_the_form_of_the_surface()
    {
        using var content = new ByteArrayContent(new byte[(1024 * 1024) + 1]);
        using HttpResponseMessage csc = await _client.PostAsync(new Uri($"https://localhost:{_public}/csc/v2/signatures/signHash"), content);
        JsonElement error = await csc.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Multiple(() =>
        {
            Assert.That(csc.StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
            Assert.That(error.GetProperty("error").GetString(), Is.EqualTo("request_too_large"));
        });
        using var same = new ByteArrayContent(new byte[(1024 * 1024) + 1]);
        using HttpResponseMessage signDoc = await _client.PostAsync(new Uri($"https://localhost:{_public}/csc/v2/signatures/signDoc"), same);
        Assert.That(signDoc.StatusCode, Is.EqualTo(HttpStatusCode.OK), "documents may be larger");
    }

    [Test]
    public async Task Endless_body_is_cut_off_at_the_limit_of_the_surface()
    {
        using var content = new StreamContent(new MemoryStream(new byte[128 * 1024]));
        using var request = new HttpRequestMessage(HttpMethod.Post, $"https://localhost:{_public}/identity/v1/registrations") { Content = content };
        request.Headers.TransferEncodingChunked = true;
        using HttpResponseMessage answer = await _client.SendAsync(request);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
    }

    [Test]
    public async Task Peer_that_is_down_is_a_retryable_error()
    {
        using HttpResponseMessage answer = await _client.GetAsync(new Uri($"https://localhost:{_public}/billing/v1/packages"));
        JsonElement problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Multiple(() =>
        {
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That(answer.Headers.RetryAfter, Is.Not.Null);
            Assert.That(problem.GetProperty("code").GetString(), Is.EqualTo("temporarily_unavailable"));
        });
    }

    [Test]
    public async Task Too_many_requests_of_one_client_are_refused()
    {
        var statuses = new List<HttpStatusCode>();
        for (int i = 0; i < 5; i++)
        {
            using HttpResponseMessage answer = await _client.GetAsync(new Uri($"https://localhost:{_public}/documents/v1/archive"));
            statuses.Add(answer.StatusCode);
            if (answer.StatusCode == HttpStatusCode.TooManyRequests)
                Assert.That(answer.Headers.RetryAfter, Is.Not.Null);
        }
        Assert.That(statuses, Has.Some.EqualTo(HttpStatusCode.OK).And.Some.EqualTo(HttpStatusCode.TooManyRequests));
    }

    [Test, Property("Clause", "R-220")]
    public async Task Register_cannot_be_harvested_even_where_much_is_allowed_otherwise()
    {
        using var neighbour = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, server, _, _) => server?.Issuer == _cluster.Pki.Authority.Subject },
            ConnectCallback = async (context, ct) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0)); // a client of its own, whose limit nobody else feels
                await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, ct);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        async Task<int> Allowed(string path)
        {
            HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => neighbour.GetAsync(new Uri($"https://localhost:{_public}{path}"))));
            return answers.Count(answer => answer.StatusCode == HttpStatusCode.OK);
        }

        Assert.That(await Allowed("/register/v1/certificates"), Is.InRange(40, 150));
        Assert.That(await Allowed("/registration/v1/requests"), Is.EqualTo(200));
        using HttpResponseMessage other = await _client.GetAsync(new Uri($"https://localhost:{_public}/register"));
        Assert.That(other.StatusCode, Is.EqualTo(HttpStatusCode.OK), "the limit is one client's");
    }

    [Test]
    public async Task Http_2_is_spoken_at_the_public_door()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://localhost:{_public}/")
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using HttpResponseMessage answer = await _client.SendAsync(request);
        Assert.That(answer.Version, Is.EqualTo(HttpVersion.Version20));
    }

    private async Task<Arrival> Arrived(string url) => (await _client.GetFromJsonAsync<Arrival>(new Uri(url), JsonSerializerOptions.Web))!;

    private sealed record Arrival(string Service, string Path, Dictionary<string, string> Headers);

    private static Func<string[], Task> Echo(string name) => async args =>
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Configuration["Hosting:MaxBodyBytes"] = "67108864";
        builder.AddDefaults(name);
        await using WebApplication app = builder.Build();
        app.MapDefaults();
        app.Map("/{**path}", async (HttpRequest request) =>
        {
            await request.Body.CopyToAsync(Stream.Null);
            return new Arrival(name, request.Path, request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString()));
        });
        await app.RunAsync();
    };
}
