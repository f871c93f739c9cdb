using System.Net;
using System.Net.Sockets;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Pki;
using Pechat.Testing;

namespace Pechat.CertificateStatus.Tests.Ocsp;

internal sealed class AnswerOcspTests : StatusTests
{
    [Test, Requirement("S1-46"), Property("Clause", "RFC 6960")]
    public async Task Openssl_asks_over_http_and_believes_the_answer()
    {
        IssuedCertificate issued = await Status.Authority.IssueAsync();
        using var openssl = new OpenSsl();
        openssl.WritePem("root.pem", "CERTIFICATE", issued.Chain[1].Memory);
        openssl.WritePem("ca.pem", "CERTIFICATE", issued.Chain[0].Memory);
        openssl.WritePem("leaf.pem", "CERTIFICATE", issued.Certificate.Memory);
        await using var door = new PlainDoor(Status.Http); // as the gateway's plain listener: openssl speaks no mutual TLS here
        string printed = openssl.Succeed("ocsp", "-url", door.Address + "/ocsp", "-issuer", "ca.pem", "-cert", "leaf.pem", "-CAfile", "root.pem", "-verify_other", "ca.pem");
        Assert.That(printed, Does.Contain("Response verify OK").And.Contain("leaf.pem: good"));
    }

    [Test]
    public async Task Repeated_answer_is_byte_identical_until_refreshed()
    {
        byte[] request = RunningStatus.Request(await Status.Authority.IssueAsync());
        byte[] first = await BytesAsync(request), second = await BytesAsync(request);
        Assert.That(second, Is.EqualTo(first));
    }

    [Test, Requirement("S1-36"), Property("Clause", "R-157")]
    public async Task Change_of_status_shows_within_seconds()
    {
        IssuedCertificate issued = await Status.Authority.IssueAsync();
        Assert.That(await Status.StatusAsync(issued), Is.EqualTo(OcspCertificateStatus.Good));
        await Status.Authority.ChangeAsync(issued.Serial, CertificateState.Suspended, 6);
        await Eventually.HoldsAsync(async () => await Status.StatusAsync(issued) == OcspCertificateStatus.Revoked, "the suspension shows", 10);
        await Status.Authority.ChangeAsync(issued.Serial, CertificateState.Active);
        await Eventually.HoldsAsync(async () => await Status.StatusAsync(issued) == OcspCertificateStatus.Good, "the resumption shows", 10);
    }

    [Test, Property("Clause", "RFC 9654")]
    public async Task Nonce_is_echoed_and_the_answer_is_not_kept()
    {
        IssuedCertificate issued = await Status.Authority.IssueAsync();
        byte[] nonce = [.. Enumerable.Range(0, 32).Select(each => (byte)each)];
        using HttpResponseMessage answer = await Status.PostAsync(RunningStatus.Request(issued, nonce));
        Assert.That(OcspResponse.Parse(await answer.Content.ReadAsByteArrayAsync()).Basic!.Nonce!.Value.ToArray(), Is.EqualTo(nonce));
        Assert.That(answer.Headers.CacheControl!.NoStore, Is.True);
        Assert.That((await Status.AskAsync(RunningStatus.Request(issued))).Basic!.Nonce, Is.Null, "the next request gets no foreign nonce");
    }

    [Test, Property("Clause", "RFC 5019 §6.2, RFC 9111")]
    public async Task Headers_let_caches_keep_the_answer_no_longer_than_it_is_true()
    {
        byte[] request = RunningStatus.Request(await Status.Authority.IssueAsync());
        string url = "/ocsp/" + Uri.EscapeDataString(Convert.ToBase64String(request));
        using HttpResponseMessage answer = await Status.Http.GetAsync(new Uri(url, UriKind.Relative));
        byte[] body = await answer.Content.ReadAsByteArrayAsync();
        SingleResponse single = OcspResponse.Parse(body).Basic!.Responses[0];
        Assert.Multiple(() =>
        {
            Assert.That(answer.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/ocsp-response"));
            Assert.That(answer.Content.Headers.ContentLength, Is.EqualTo(body.Length));
            Assert.That(answer.Headers.CacheControl!.MaxAge, Is.GreaterThan(TimeSpan.Zero).And.LessThanOrEqualTo(TimeSpan.FromMinutes(5)));
            Assert.That(answer.Headers.CacheControl!.Public && answer.Headers.CacheControl.NoTransform && answer.Headers.CacheControl.MustRevalidate, Is.True);
            Assert.That(answer.Content.Headers.GetValues("Expires").Single(), Does.EndWith(" GMT"));
            Assert.That(answer.Content.Headers.Expires, Is.EqualTo(single.NextUpdate));
            Assert.That(answer.Content.Headers.LastModified, Is.EqualTo(single.ThisUpdate));
        });
        using var again = new HttpRequestMessage(HttpMethod.Get, url);
        again.Headers.IfNoneMatch.Add(answer.Headers.ETag!);
        using HttpResponseMessage unchanged = await Status.Http.SendAsync(again);
        Assert.That(unchanged.StatusCode, Is.EqualTo(HttpStatusCode.NotModified));
    }

    [TestCase("", 400), TestCase("00", 400), TestCase("30030A0101", 400), TestCase("3000", 400), Property("Clause", "RFC 6960 §2.3")]
    public async Task Malformed_request_is_answered_so(string hex, int status)
    {
        using HttpResponseMessage answer = await Status.PostAsync(Convert.FromHexString(hex));
        Assert.That((int)answer.StatusCode, Is.EqualTo(status));
        Assert.That(Convert.ToHexString(await answer.Content.ReadAsByteArrayAsync()), Is.EqualTo("30030A0101"));
    }

    [Test]
    public async Task Request_of_10_001_octets_and_other_methods_are_refused()
    {
        using HttpResponseMessage big = await Status.PostAsync(new byte[10_001]);
        using HttpResponseMessage put = await Status.Http.PutAsync(new Uri("/ocsp", UriKind.Relative), null);
        using HttpResponseMessage garbage = await Status.Http.GetAsync(new Uri("/ocsp/%FF!", UriKind.Relative));
        Assert.Multiple(() =>
        {
            Assert.That(big.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
            Assert.That(put.StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
            Assert.That(garbage.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        });
    }

    [Test, Property("Clause", "EN 319 411-2 CSS-6.3.10")]
    public async Task Serial_never_issued_is_unknown_and_a_foreign_issuer_unauthorized()
    {
        IssuedCertificate issued = await Status.Authority.IssueAsync();
        Certificate issuer = Certificate.Parse(issued.Chain[0].Memory);
        OcspResponse unknown = await Status.AskAsync(OcspRequest.Encode([CertId.Create(issuer, new byte[] { 0x12, 0x34 })]));
        OcspResponse foreign = await Status.AskAsync(OcspRequest.Encode([CertId.Create(Certificate.Parse(issued.Certificate.Memory), new byte[] { 0x12, 0x34 })]));
        Assert.That(unknown.Basic!.Responses[0].Status, Is.EqualTo(OcspCertificateStatus.Unknown));
        Assert.That(foreign.Status, Is.EqualTo(OcspResponseStatus.Unauthorized));
    }

    private async Task<byte[]> BytesAsync(byte[] request)
    {
        using HttpResponseMessage answer = await Status.PostAsync(request);
        return await answer.Content.ReadAsByteArrayAsync();
    }

    /// <summary>Passes plain HTTP on, as the gateway does.</summary>
    private sealed class PlainDoor : IAsyncDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly Task _running;

        internal PlainDoor(HttpClient inner)
        {
            using (var probe = new TcpListener(IPAddress.Loopback, 0))
            {
                probe.Start();
                Address = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
            }
            _listener.Prefixes.Add(Address + "/");
            _listener.Start();
            _running = RunAsync(inner);
        }

        internal string Address { get; }

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            await _running;
        }

        private async Task RunAsync(HttpClient inner)
        {
            while (_listener.IsListening)
            {
                HttpListenerContext exchange;
                try
                {
                    exchange = await _listener.GetContextAsync();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
                {
                    return; // stopped
                }
                using var content = new StreamContent(exchange.Request.InputStream);
                using HttpResponseMessage answer = await inner.PostAsync(new Uri(exchange.Request.RawUrl!, UriKind.Relative), content);
                exchange.Response.ContentType = answer.Content.Headers.ContentType!.ToString();
                byte[] body = await answer.Content.ReadAsByteArrayAsync();
                exchange.Response.ContentLength64 = body.Length;
                await exchange.Response.OutputStream.WriteAsync(body);
                exchange.Response.Close();
            }
        }
    }
}
