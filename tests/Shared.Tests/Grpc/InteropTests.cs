using System.Diagnostics;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Pechat.Shared.Tests.Calls;

/// <summary>Over the wire with <c>@grpc/grpc-js</c>, in both directions.</summary>
[TestFixture]
public sealed class InteropTests
{
    private Node _node = null!;
    private GrpcChannel _channel = null!;
    private Echo.EchoClient _client = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        await Node.InstallAsync();
        (_node, string port) = await Node.ServeAsync("server.js", Node.Proto);
        _channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        _client = new Echo.EchoClient(_channel);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _channel.Dispose();
        await _node.DisposeAsync();
    }

    [Test]
    public async Task Their_client_passes_every_scenario_against_our_server()
    {
        await using var server = await EchoServer.StartAsync();
        var (exitCode, output) = await Node.RunToEndAsync("client.js", Node.Proto, server.Address.Authority);
        Assert.That(exitCode, Is.Zero, output);
        Assert.That(output.Split('\n').Count(line => line.StartsWith("ok ", StringComparison.Ordinal)), Is.EqualTo(16), output);
    }

    [Test]
    public async Task Their_server_returns_response_headers_and_trailers()
    {
        using var call = _client.SayAsync(new Words { Text = "печат" }, new Metadata { { "x-echo", "hello, world" }, { "x-echo-bin", [0, 1, 254, 255] } });
        Assert.That((await call).Text, Is.EqualTo("печат"));
        Assert.That((await call.ResponseHeadersAsync).GetValue("x-header"), Is.EqualTo("hello, world"));
        Assert.That(call.GetTrailers().GetValue("x-trailer"), Is.EqualTo("hello, world"));
        Assert.That(call.GetTrailers().GetValueBytes("x-trailer-bin"), Is.EqualTo(new byte[] { 0, 1, 254, 255 }));
    }

    [Test]
    public async Task Their_server_echoes_four_megabytes()
    {
        byte[] data = new byte[(4 * 1024 * 1024) - 64];
        Random.Shared.NextBytes(data);
        Assert.That((await _client.SayAsync(new Words { Data = ByteString.CopyFrom(data) })).Data.Span.SequenceEqual(data));
    }

    [Test]
    public async Task Response_past_the_limit_is_refused()
    {
        var error = await Refused.By(async () => await _client.SayAsync(new Words { Data = ByteString.CopyFrom(new byte[4 * 1024 * 1024]) }));
        Assert.That(error.StatusCode, Is.EqualTo(StatusCode.ResourceExhausted));
    }

    [Test]
    public async Task Their_server_joins_our_stream()
    {
        using var call = _client.Join();
        for (int i = 0; i < 100; i++)
            await call.RequestStream.WriteAsync(new Words { Text = "ab" });
        await call.RequestStream.CompleteAsync();
        var joined = await call;
        Assert.That((joined.Times, joined.Text.Length), Is.EqualTo((100, 200)));
    }

    [TestCase(0)]
    [TestCase(500)]
    public async Task Their_stream_arrives_in_order(int times)
    {
        using var call = _client.Repeat(new Words { Text = "x", Times = times });
        var received = new List<int>();
        await foreach (var words in call.ResponseStream.ReadAllAsync())
            received.Add(words.Times);
        Assert.That(received, Is.EqualTo(Enumerable.Range(0, times)));
        Assert.That(call.GetTrailers().GetValue("x-count"), Is.EqualTo($"{times}"));
    }

    [Test]
    public async Task Duplex_stream_with_their_server_answers_each_message()
    {
        using var call = _client.Chat();
        for (int i = 0; i < 50; i++)
        {
            await call.RequestStream.WriteAsync(new Words { Times = i });
            Assert.That(await call.ResponseStream.MoveNext());
            Assert.That(call.ResponseStream.Current.Times, Is.EqualTo(i));
        }
        await call.RequestStream.CompleteAsync();
        Assert.That(await call.ResponseStream.MoveNext(), Is.False);
    }

    [Test]
    public async Task Their_error_carries_detail_and_metadata()
    {
        var error = await Refused.By(async () => await _client.FailAsync(new Failure { Code = 9, Detail = "не може: 100 %" }));
        Assert.That(error.Status, Is.EqualTo(new Status(StatusCode.FailedPrecondition, "не може: 100 %")));
        Assert.That(error.Trailers.GetValue("x-why"), Is.EqualTo("plain"));
        Assert.That(error.Trailers.GetValueBytes("x-why-bin"), Is.EqualTo(new byte[] { 0, 255, 7 }));
    }

    [Test]
    public async Task Deadline_ends_a_call_to_their_server()
    {
        long begun = Stopwatch.GetTimestamp();
        var error = await Refused.By(async () => await _client.WaitAsync(new Words(), deadline: DateTime.UtcNow.AddMilliseconds(300)));
        Assert.That(error.StatusCode, Is.EqualTo(StatusCode.DeadlineExceeded));
        Assert.That(Stopwatch.GetElapsedTime(begun), Is.LessThan(TimeSpan.FromSeconds(3)));
    }

    [Test]
    public async Task Cancelling_reaches_their_handler()
    {
        int before = await CancelledAsync();
        using var source = new CancellationTokenSource();
        using var call = _client.WaitAfterOne(new Words(), cancellationToken: source.Token);
        Assert.That(await call.ResponseStream.MoveNext());
        await source.CancelAsync();
        var error = await Refused.By(() => call.ResponseStream.MoveNext());
        Assert.That(error.StatusCode, Is.EqualTo(StatusCode.Cancelled));
        for (int i = 0; i < 100 && await CancelledAsync() == before; i++)
            await Task.Delay(20);
        Assert.That(await CancelledAsync(), Is.GreaterThan(before));
    }

    [Test]
    public async Task Unavailable_is_repeated_and_their_server_is_told_the_attempts()
    {
        var response = await _client.SayAsync(new Words { Text = "flaky " + Guid.NewGuid() });
        Assert.That(response.Text, Is.EqualTo("2"));
    }

    [Test]
    public async Task Unavailable_is_not_repeated_when_switched_off()
    {
        using var once = GrpcChannel.ForAddress($"http://{_channel.Target}", new GrpcChannelOptions { Retry = { MaxAttempts = 1 } });
        var error = await Refused.By(async () => await new Echo.EchoClient(once).SayAsync(new Words { Text = "flaky " + Guid.NewGuid() }));
        Assert.That(error.StatusCode, Is.EqualTo(StatusCode.Unavailable));
    }

    [Test]
    public async Task Killed_server_is_unavailable()
    {
        var (server, port) = await Node.ServeAsync("server.js", Node.Proto);
        await using var _ = server;
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        var client = new Echo.EchoClient(channel);
        using var call = client.WaitAfterOne(new Words());
        Assert.That(await call.ResponseStream.MoveNext());
        await server.KillAsync();
        Assert.That((await Refused.By(() => call.ResponseStream.MoveNext())).StatusCode, Is.EqualTo(StatusCode.Unavailable));
        Assert.That((await Refused.By(async () => await client.SayAsync(new Words()))).StatusCode, Is.EqualTo(StatusCode.Unavailable));
    }

    private async Task<int> CancelledAsync() =>
        int.Parse((await _client.SayAsync(new Words { Text = "cancelled?" })).Text, System.Globalization.CultureInfo.InvariantCulture);
}
