using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Pechat.Hosting;
using Pechat.Testing;

namespace Pechat.Shared.Tests.Hosting;

public sealed class PeerTests : HostingFixture
{
    private volatile bool _brokenDependency;

    private protected override Task<TestService> StartServiceAsync(TestCluster cluster) => SampleService.StartAsync(
        cluster, build: b => b.AddReadiness("thing", (_, _) => Task.FromResult(_brokenDependency ? HealthCheckResult.Unhealthy() : HealthCheckResult.Healthy())));

    [Test]
    public async Task The_callers_name_comes_from_its_certificate_and_from_no_header()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/who");
        foreach (string header in new[] { "X-Peer", "X-Forwarded-Client-Cert", "X-Client-Name", "Peer" })
            request.Headers.TryAddWithoutValidation(header, "URI=spiffe://pechat/signing");
        using HttpResponseMessage answer = await Gateway.SendAsync(request);
        Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo("gateway"));
    }

    [TestCase("gateway", "/who", ExpectedResult = 200)]
    [TestCase("billing", "/who", ExpectedResult = 403)]
    [TestCase("portal", "/who", ExpectedResult = 403)]
    [TestCase("billing", "/open", ExpectedResult = 200)]
    [TestCase("registration", "/for-registration", ExpectedResult = 200)]
    [TestCase("gateway", "/for-registration", ExpectedResult = 200)]
    [TestCase("billing", "/for-registration", ExpectedResult = 403)]
    public async Task<int> Rest_is_for_the_gateway_and_for_peers_that_the_route_names(string caller, string path)
    {
        using HttpClient client = Cluster.Client(Service, caller);
        using HttpResponseMessage answer = await client.GetAsync(path);
        return (int)answer.StatusCode;
    }

    [Test]
    public void A_caller_without_a_certificate_gets_no_connection() => Refused(null);

    [Test]
    public void A_certificate_of_another_ca_with_the_same_name_gets_no_connection()
    {
        using TestPki other = TestPki.Create();
        Refused(other.Issue("gateway").Certificate);
    }

    [TestCase("spiffe://elsewhere/gateway"), TestCase("https://pechat/gateway"), TestCase("spiffe://pechat/gateway/x"), TestCase("spiffe://pechat/GATEWAY")]
    public void A_certificate_with_another_kind_of_name_gets_no_connection(string uri) => Refused(Cluster.Pki.Issue("gateway", uri).Certificate);

    [Test]
    public void An_expired_certificate_gets_no_connection() => Refused(Cluster.Pki.Issue("gateway", notAfter: DateTimeOffset.UnixEpoch.AddYears(51)).Certificate);

    [Test]
    public async Task The_health_port_serves_nothing_but_health()
    {
        using var plain = new HttpClient { BaseAddress = new Uri(Service.HealthAddress) };
        Assert.That((await plain.GetAsync("/health/live")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await plain.GetAsync("/open")).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((await plain.GetAsync("/defect")).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((await Gateway.GetAsync("/health/live")).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task Readiness_follows_its_checks_and_liveness_does_not()
    {
        using var plain = new HttpClient { BaseAddress = new Uri(Service.HealthAddress) };
        Assert.That((await plain.GetAsync("/health/ready")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        _brokenDependency = true;
        try
        {
            using HttpResponseMessage ready = await plain.GetAsync("/health/ready");
            Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That(await ready.Content.ReadAsStringAsync(), Does.Contain("\"thing\":\"Unhealthy\""));
            Assert.That((await plain.GetAsync("/health/live")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }
        finally
        {
            _brokenDependency = false;
        }
    }

    [Test]
    public async Task Certificates_are_taken_up_when_their_files_change()
    {
        var options = Service.Services.GetService(typeof(HostingOptions)) as HostingOptions;
        ServiceCertificate next = Cluster.Pki.Issue("sample");
        string before = await ServerThumbprintAsync();
        File.Copy(next.KeyFile, options!.KeyFile!, overwrite: true);
        File.Copy(next.CertificateFile, options.CertificateFile!, overwrite: true);
        await Eventually.HoldsAsync(async () => await ServerThumbprintAsync() == next.Certificate.Thumbprint, "the new certificate is shown", 5);
        Assert.That(before, Is.Not.EqualTo(next.Certificate.Thumbprint));
    }

    private async Task<string> ServerThumbprintAsync()
    {
        using var tcp = new System.Net.Sockets.TcpClient();
        await tcp.ConnectAsync("127.0.0.1", new Uri(Service.Address).Port);
        await using var tls = new System.Net.Security.SslStream(tcp.GetStream(), false, (_, server, _, _) => server?.Issuer == Cluster.Pki.Authority.Subject);
        await tls.AuthenticateAsClientAsync(new System.Net.Security.SslClientAuthenticationOptions
        {
            TargetHost = "localhost", ClientCertificates = [Cluster.Pki.Issue("gateway").Certificate],
        });
        return ((X509Certificate2)tls.RemoteCertificate!).Thumbprint;
    }

    private void Refused(X509Certificate2? certificate)
    {
        using HttpClient client = Cluster.Client(Service.Address, certificate);
        Assert.That(async () => await client.GetAsync("/open"), Throws.InstanceOf<HttpRequestException>());
    }
}
