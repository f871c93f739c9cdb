using System.IO.Compression;
using System.Net;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Pechat.Shared.Tests.Calls;

/// <summary>Our client against servers that break the protocol: always an RpcException with the right code.</summary>
[TestFixture]
public sealed class StrangeServerTests
{
    private static readonly byte[] One = [0, 0, 0, 0, 3, 0x0A, 1, (byte)'x'];

    private WebApplication _server = null!;
    private GrpcChannel _channel = null!;
    private Func<HttpContext, Task> _answer = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        _server = builder.Build();
        _server.Run(http => _answer(http));
        await _server.StartAsync();
        _channel = GrpcChannel.ForAddress(_server.Urls.Single(), new GrpcChannelOptions { Retry = { MaxAttempts = 1 } });
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _channel.Dispose();
        await _server.DisposeAsync();
    }

    private static IEnumerable<TestCaseData> Bodies()
    {
        yield return new TestCaseData(new byte[] { 0, 0xFF, 0xFF, 0xFF, 0xFF }, "0", StatusCode.ResourceExhausted).SetName("Oversized_prefix_of_a_response");
        yield return new TestCaseData(One[..^1], "0", StatusCode.Internal).SetName("Response_cut_off");
        yield return new TestCaseData(One.Concat(One).ToArray(), "0", StatusCode.Unimplemented).SetName("Two_responses");
        yield return new TestCaseData(Array.Empty<byte>(), "0", StatusCode.Unimplemented).SetName("No_response");
        yield return new TestCaseData(One, null, StatusCode.Unknown).SetName("No_status");
        yield return new TestCaseData(One, "77", StatusCode.Unknown).SetName("Status_out_of_range");
        yield return new TestCaseData(One, "5", StatusCode.NotFound).SetName("Status_after_a_response_counts");
    }

    [TestCaseSource(nameof(Bodies))]
    public async Task Strange_body(byte[] body, string? status, StatusCode expected)
    {
        _answer = http => AnswerAsync(http, body, status);
        Assert.That((await CallAsync()).StatusCode, Is.EqualTo(expected));
    }

    [TestCase(404, StatusCode.Unimplemented)]
    [TestCase(503, StatusCode.Unavailable)]
    [TestCase(401, StatusCode.Unauthenticated)]
    public async Task Http_error(int http, StatusCode expected)
    {
        _answer = context =>
        {
            context.Response.StatusCode = http;
            return Task.CompletedTask;
        };
        Assert.That((await CallAsync()).StatusCode, Is.EqualTo(expected));
    }

    [Test]
    public async Task Answer_of_another_content_type_is_unknown()
    {
        _answer = http => http.Response.WriteAsync("<html>");
        Assert.That((await CallAsync()).StatusCode, Is.EqualTo(StatusCode.Unknown));
    }

    [Test]
    public async Task Reset_stream_is_not_taken_for_an_answer()
    {
        _answer = http =>
        {
            http.Abort();
            return Task.CompletedTask;
        };
        Assert.That((await CallAsync()).StatusCode, Is.EqualTo(StatusCode.Internal).Or.EqualTo(StatusCode.Cancelled));
    }

    [Test]
    public async Task Gzip_response_is_read()
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(new Words { Text = "small" }.ToByteArray());
        _answer = http =>
        {
            http.Response.Headers["grpc-encoding"] = "gzip";
            return AnswerAsync(http, [1, 0, 0, 0, (byte)compressed.Length, .. compressed.ToArray()], "0");
        };
        Assert.That((await new Echo.EchoClient(_channel).SayAsync(new Words())).Text, Is.EqualTo("small"));
    }

    private Task<RpcException> CallAsync() =>
        Refused.By(async () => await new Echo.EchoClient(_channel).SayAsync(new Words(), deadline: DateTime.UtcNow.AddSeconds(10)));

    private static async Task AnswerAsync(HttpContext http, byte[] body, string? status)
    {
        http.Response.ContentType = "application/grpc";
        await http.Response.Body.WriteAsync(body);
        if (status is not null)
            http.Response.AppendTrailer("grpc-status", status);
    }
}
