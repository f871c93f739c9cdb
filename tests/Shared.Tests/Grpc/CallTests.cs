using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using StatusCode = Grpc.Core.StatusCode;

namespace Pechat.Shared.Tests.Calls;

/// <summary>Our client against our server.</summary>
[TestFixture]
public sealed class CallTests
{
    private EchoServer _server = null!;
    private GrpcChannel _channel = null!;
    private Echo.EchoClient _client = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _server = await EchoServer.StartAsync();
        _channel = _server.Channel();
        _client = new Echo.EchoClient(_channel);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _channel.Dispose();
        await _server.DisposeAsync();
    }

    [Test]
    public async Task Unary_call_returns_response_headers_and_trailers()
    {
        var headers = new Metadata { { "x-echo", "hello, world" }, { "x-echo-bin", [0, 1, 254, 255] } };
        using var call = _client.SayAsync(new Words { Text = "печат" }, headers);
        var response = await call;
        Assert.Multiple(async () =>
        {
            Assert.That(response.Text, Is.EqualTo("печат"));
            Assert.That((await call.ResponseHeadersAsync).GetValue("x-header"), Is.EqualTo("hello, world"));
            Assert.That(call.GetTrailers().GetValue("x-trailer"), Is.EqualTo("hello, world"));
            Assert.That(call.GetTrailers().GetValueBytes("x-trailer-bin"), Is.EqualTo(new byte[] { 0, 1, 254, 255 }));
            Assert.That(call.GetStatus(), Is.EqualTo(Grpc.Core.Status.DefaultSuccess));
        });
    }

    [Test]
    public void Blocking_call_returns_the_response() =>
        Assert.That(_client.Say(new Words { Text = "a" }).Text, Is.EqualTo("a"));

    [Test]
    public async Task Empty_message_passes() => Assert.That(await _client.SayAsync(new Words()), Is.EqualTo(new Words()));

    [Test]
    public async Task Four_megabyte_message_passes_both_ways()
    {
        byte[] data = new byte[(4 * 1024 * 1024) - 64];
        Random.Shared.NextBytes(data);
        var response = await _client.SayAsync(new Words { Data = ByteString.CopyFrom(data) });
        Assert.That(response.Data.Span.SequenceEqual(data));
    }

    [Test]
    public async Task Client_stream_is_joined()
    {
        using var call = _client.Join();
        for (int i = 0; i < 100; i++)
            await call.RequestStream.WriteAsync(new Words { Text = "ab" });
        await call.RequestStream.CompleteAsync();
        var joined = await call;
        Assert.That((joined.Times, joined.Text.Length), Is.EqualTo((100, 200)));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(1000)]
    public async Task Server_stream_arrives_in_order(int times)
    {
        using var call = _client.Repeat(new Words { Text = "x", Times = times });
        var received = new List<int>();
        await foreach (var words in call.ResponseStream.ReadAllAsync())
            received.Add(words.Times);
        Assert.That(received, Is.EqualTo(Enumerable.Range(0, times)));
        Assert.That(call.GetTrailers().GetValue("x-count"), Is.EqualTo($"{times}"));
    }

    [Test]
    public async Task Duplex_stream_answers_each_message_before_the_next()
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
        Assert.That(call.GetStatus().StatusCode, Is.EqualTo(StatusCode.OK));
    }

    [Test]
    public async Task Error_carries_detail_and_metadata()
    {
        var error = await Refused.By(async () => await _client.FailAsync(new Failure { Code = 9, Detail = "не може: 100 %\n" }));
        Assert.That(error.Status, Is.EqualTo(new Grpc.Core.Status(StatusCode.FailedPrecondition, "не може: 100 %\n")));
        Assert.That(error.Trailers.GetValue("x-why"), Is.EqualTo("plain"));
        Assert.That(error.Trailers.GetValueBytes("x-why-bin"), Is.EqualTo(new byte[] { 0, 255, 7 }));
    }

    [Test]
    public async Task Rich_error_carries_its_details()
    {
        var error = await Refused.By(async () => await _client.FailAsync(new Failure { Code = 8, Detail = "enough", Reason = "no_units" }));
        var status = error.GetRpcStatus();
        Assert.That(error.StatusCode, Is.EqualTo(StatusCode.ResourceExhausted));
        Assert.That(status?.GetDetail<ErrorInfo>()?.Reason, Is.EqualTo("no_units"));
        Assert.That(status?.GetDetail<BadRequest>(), Is.Null);
    }

    [Test]
    public async Task Defect_is_logged_and_not_told()
    {
        _server.Log.ExpectError(9101);
        var error = await Refused.By(async () => await _client.FailAsync(new Failure { Code = -1 }));
        Assert.That(error.StatusCode, Is.EqualTo(StatusCode.Unknown));
        Assert.That(error.Status.Detail, Does.Not.Contain("secret"));
        Assert.That(_server.Log.Text, Does.Contain("the secret of the house"));
    }

    [Test]
    public async Task Server_itself_says_that_the_deadline_passed()
    {
        // The server's words, not the client's, because the server keeps a little of the deadline back.
        var error = await Refused.By(async () =>
            await _client.WaitAsync(new Words(), deadline: DateTime.UtcNow.AddMilliseconds(800)));
        Assert.That(error.StatusCode, Is.EqualTo(StatusCode.DeadlineExceeded));
        Assert.That(error.Status.DebugException, Is.Null, "the client's own deadline came first");
    }

    [Test]
    public async Task Deadline_in_the_past_fails_without_a_call()
    {
        var error = await Refused.By(async () => await _client.SayAsync(new Words(), deadline: DateTime.UtcNow.AddSeconds(-1)));
        Assert.That(error.StatusCode, Is.EqualTo(StatusCode.DeadlineExceeded));
    }

    [Test]
    public async Task Cancelling_reaches_the_handler()
    {
        int before = EchoService.CancelledWaits;
        using var source = new CancellationTokenSource();
        var call = _client.WaitAsync(new Words(), cancellationToken: source.Token);
        await Task.Delay(100);
        await source.CancelAsync();
        var error = await Refused.By(async () => await call);
        Assert.That(error.StatusCode, Is.EqualTo(StatusCode.Cancelled));
        Assert.That(() => EchoService.CancelledWaits, Is.GreaterThan(before).After(5000, 20));
    }

    [Test]
    public async Task Disposing_a_stream_cancels_the_handler()
    {
        int before = EchoService.CancelledWaits;
        var call = _client.WaitAfterOne(new Words());
        Assert.That(await call.ResponseStream.MoveNext());
        call.Dispose();
        Assert.That(() => EchoService.CancelledWaits, Is.GreaterThan(before).After(5000, 20));
        Assert.That(call.GetStatus().StatusCode, Is.EqualTo(StatusCode.Cancelled));
    }

    [Test]
    public async Task More_calls_than_one_connection_carries_run_at_once()
    {
        using var source = new CancellationTokenSource();
        var waiting = Enumerable.Range(0, 150).Select(_ => _client.WaitAsync(new Words(), cancellationToken: source.Token).ResponseAsync).ToArray();
        await Task.Delay(200);
        var answer = await _client.SayAsync(new Words { Text = "still alive" }, deadline: DateTime.UtcNow.AddSeconds(5));
        await source.CancelAsync();
        Assert.That(answer.Text, Is.EqualTo("still alive"));
        foreach (var call in waiting)
            Assert.ThrowsAsync<RpcException>(() => call);
    }

    [Test]
    public async Task Unfinished_call_has_no_status_yet()
    {
        using var call = _client.Chat();
        await call.RequestStream.WriteAsync(new Words());
        Assert.Throws<InvalidOperationException>(() => call.GetStatus());
    }

    [Test]
    public async Task Health_service_answers()
    {
        var health = new Health.HealthClient(_channel);
        Assert.That(health.Check(new HealthCheckRequest()).Status, Is.EqualTo(HealthCheckResponse.Types.ServingStatus.Serving));
        var error = await Refused.By(async () => await health.CheckAsync(new HealthCheckRequest { Service = "nobody" }));
        Assert.That(error.StatusCode, Is.EqualTo(StatusCode.NotFound));
    }

    [Test]
    public async Task Watching_an_unknown_service_says_so_and_goes_on()
    {
        using var call = new Health.HealthClient(_channel).Watch(new HealthCheckRequest { Service = "nobody" });
        Assert.That(await call.ResponseStream.MoveNext());
        Assert.That(call.ResponseStream.Current.Status, Is.EqualTo(HealthCheckResponse.Types.ServingStatus.ServiceUnknown));
    }
}
