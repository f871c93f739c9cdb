using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Pechat.Testing;

namespace Pechat.Conformance.Tests;

/// <summary>Checklist 11.1.</summary>
internal sealed class TransportTests : Suite
{
    private static Task<Answer> Raw(string path, string? body, string? token = null, string? mediaType = "application/json") =>
        Server.SendAsync(HttpMethod.Post, path, body, token is null ? null : $"Bearer {token}", mediaType);

    [Test, Statement(1)]
    public async Task Info_needs_no_authorization() =>
        Assert.That((await V1("info", new { }, null)).IsOk().MediaType, Is.EqualTo("application/json"));

    [Test, Statement(2)]
    public async Task Info_ignores_a_header() => (await V1("info", new { }, "nonsense")).IsOk();

    [Test, Statement(3)]
    public async Task Info_by_get_is_the_same()
    {
        Answer got = await Server.SendAsync(HttpMethod.Get, "csc/v1/info", null, null);
        Assert.That(got.IsOk().Text, Is.EqualTo((await V1("info", new { }, null)).Text));
    }

    [Test, Statement(4)]
    public async Task Info_takes_an_empty_body() => (await V1("info", null, null)).IsOk();

    [Test, Statement(5)]
    public async Task Info_refuses_half_an_object() => (await Raw("csc/v1/info", "{")).IsRefused();

    [Test, Statement(6)]
    public async Task Info_refuses_a_language_that_is_no_string() => (await V1("info", new { lang = 5 }, null)).IsRefused();

    [Test, Statement(7)]
    public async Task Repeated_member_is_refused() =>
        (await Raw("csc/v1/credentials/info", $$"""{"credentialID":"{{Server["Ec"]}}","credentialID":"{{Server["Rsa"]}}"}""", Alice)).IsRefused();

    [Test, Statement(8)]
    public async Task Unknown_member_is_ignored()
    {
        (await V1("info", new { foo = 1 }, null)).IsOk();
        (await V1("credentials/list", new { foo = 1 })).IsOk();
        (await V2("credentials/info", new { credentialID = Server["Ec"], foo = new { bar = 1 } })).IsOk();
    }

    [Test, Statement(9)]
    public async Task Null_is_absent()
    {
        (await Raw("csc/v1/info", """{"clientData":null,"lang":null}""")).IsOk();
        (await Raw("csc/v2/credentials/list", """{"clientData":null,"lang":null}""", Alice)).IsOk();
        (await Raw("csc/v2/credentials/info", $$"""{"credentialID":"{{Server["Ec"]}}","clientData":null,"lang":null}""", Alice)).IsOk();
    }

    [Test, Statement(10)]
    public async Task Client_data_is_a_string()
    {
        JsonObject body = Target.SignBody(Server["Ec"], "x", Target.EcdsaSha256, H("alpha"));
        body["clientData"] = new JsonObject();
        (await V1("signatures/signHash", body)).IsRefused("Invalid parameter clientData");
    }

    [Test, Statement(11)]
    public async Task Get_where_post_is_needed_is_refused()
    {
        foreach (string version in new[] { "v1", "v2" })
        {
            Answer answer = await Server.SendAsync(HttpMethod.Get, $"csc/{version}/credentials/list", null, $"Bearer {Alice}");
            Assert.That(answer.IsOk(405).ContentHeaders.Allow, Is.EqualTo(new[] { "POST" }));
            foreach (HttpMethod method in new[] { HttpMethod.Head, HttpMethod.Put, HttpMethod.Delete })
                Assert.That((await Server.SendAsync(method, $"csc/{version}/credentials/list", null, $"Bearer {Alice}")).Status, Is.EqualTo(405), method.Method);
        }
    }

    [Test, Statement(12)]
    public async Task Unknown_and_missing_methods_are_told_apart()
    {
        Answer unknown = await V1("credentials/unknown", new { }), disabled = await V2("credentials/create", new { });
        Assert.That((unknown.Status, disabled.Status), Is.EqualTo((404, 501)));
        Assert.That(new[] { unknown.Error, disabled.Error }, Has.All.Not.Empty);
    }

    [Test, Statement(13)]
    public async Task Methods_of_v2_are_not_in_v1() => Assert.That((await V1("signatures/signDoc", new { })).Status, Is.EqualTo(404));

    [Test, Statement(14), Order(2)]
    public async Task Every_error_has_a_code_and_a_text()
    {
        foreach (string version in new[] { "v1", "v2" })
        {
            foreach (string method in new[] { "credentials/list", "credentials/info", "credentials/authorize", "signatures/signHash", "signatures/timestamp", "auth/login", "auth/revoke", "credentials/nothing" })
            {
                await Server.PostAsync($"csc/{version}/{method}", new { }, null);
                await Server.PostAsync($"csc/{version}/{method}", "[]", Alice);
                await Raw($"csc/{version}/{method}", "{}", Alice, "text/plain");
                await Server.SendAsync(HttpMethod.Put, $"csc/{version}/{method}", "{}", $"Bearer {Alice}");
            }
        }
        Assert.That(Crawl.ErrorsWithoutText, Is.Empty);
    }

    [Test, Statement(15)]
    public async Task Too_many_requests_are_refused_with_a_time_to_wait()
    {
        await Server.SignerWillAsync("ignore");
        Answer answer = await AskAsync();
        for (int i = 0; i < 150 && answer.Status == 202; i++)
            answer = await AskAsync();
        Assert.That((answer.Status, answer.Headers.RetryAfter), Is.Not.EqualTo((429, (RetryConditionHeaderValue?)null)));
        Assert.That(answer.Status, Is.EqualTo(429), answer.Text);
        await Server.SignerWillAsync("confirm");
        for (int i = 0; i < 300 && (answer = await AskAsync()).Status == 429; i++)
            await Task.Delay(100);
        answer.IsOk(202);

        static Task<Answer> AskAsync() => V2("credentials/authorize", new { credentialID = Server["Ec"], numSignatures = 1, hashes = new[] { H("flood") }, hashAlgorithmOID = Sha256 });
    }

    [TestCase(0x02, 21), TestCase(0x03, 22), Statement(16), Requirement("S2-7")] // TLS 1.1 is answered by an alert, the same greeting of TLS 1.2 by a handshake
    public async Task Old_tls_is_refused(int minor, int answer)
    {
        byte[] suites = [0xC0, 0x2B, 0xC0, 0x2F, 0xC0, 0x09, 0xC0, 0x13, 0x00, 0x2F];
        byte[] extensions = [0, 10, 0, 4, 0, 2, 0, 23, 0, 11, 0, 2, 1, 0, 0, 13, 0, 8, 0, 6, 4, 3, 8, 4, 4, 1]; // groups, point formats, signature algorithms
        byte[] hello = [3, (byte)minor, .. new byte[32], 0, 0, (byte)suites.Length, .. suites, 1, 0, 0, (byte)extensions.Length, .. extensions];
        byte[] record = [22, 3, 1, 0, (byte)(hello.Length + 4), 1, 0, 0, (byte)hello.Length, .. hello]; // RFC 5246 §6.2.1, §7.4.1.2
        var address = new Uri(Server["BaseUrl"]);
        using var socket = new System.Net.Sockets.TcpClient();
        await socket.ConnectAsync(address.Host, address.Port);
        await socket.GetStream().WriteAsync(record);
        byte[] first = new byte[1];
        int read = await socket.GetStream().ReadAsync(first);
        Assert.That(read == 0 ? 21 : first[0], Is.EqualTo(answer)); // hanging up is a refusal, too
    }

    [Test, Statement(17), Order(3)]
    public async Task No_answer_holds_null()
    {
        foreach (string method in new[] { "info", "credentials/list" })
        {
            await V1(method, new { });
            await V2(method, new { credentialInfo = true, certificates = "chain", certInfo = true, authInfo = true });
        }
        await V1("credentials/info", new { credentialID = Server["Ec"], authInfo = true });
        Assert.That(Crawl.Answers, Is.GreaterThan(10));
        Assert.That(Crawl.WithNull, Is.Empty);
    }
}
