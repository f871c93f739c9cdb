using System.Buffers.Binary;
using System.IO.Compression;
using Google.Protobuf;

namespace Pechat.Shared.Tests.Calls;

/// <summary>Raw HTTP/2 frames against our server: the right status, no crash. Status codes after statuscodes.md of gRPC.</summary>
[TestFixture]
public sealed class RawServerTests
{
    private const string Say = "/pechat.test.v1.Echo/Say";
    private const string Ok = "0", Unimplemented = "12", Internal = "13", ResourceExhausted = "8", DeadlineExceeded = "4";

    private EchoServer _server = null!;

    [SetUp]
    public async Task Start() => _server = await EchoServer.StartAsync();

    [TearDown]
    public async Task Stop()
    {
        // Whatever was sent, the server lives on and has logged no Error.
        using var channel = _server.Channel();
        Assert.That((await new Echo.EchoClient(channel).SayAsync(new Words { Text = "alive" })).Text, Is.EqualTo("alive"));
        await _server.DisposeAsync();
    }

    [Test]
    public async Task Plain_call_is_answered_with_one_message_and_ok_in_the_trailers()
    {
        byte[] message = Message(new Words { Text = "raw" });
        var answer = await CallAsync(message);
        Assert.That((answer.Status, answer.GrpcStatus), Is.EqualTo(("200", Ok)));
        Assert.That(answer.Body.ToArray(), Is.EqualTo(message));
        Assert.That(answer.Fields["content-type"], Is.EqualTo("application/grpc"));
    }

    [Test]
    public async Task Message_split_into_single_bytes_is_read()
    {
        await using var raw = await RawHttp2.ConnectAsync(_server.Address);
        await raw.OpenAsync(Say);
        byte[] message = Message(new Words { Text = "drop by drop" });
        foreach (byte one in message)
            await raw.SendAsync(RawHttp2.Data, 0, 1, [one]);
        await raw.SendAsync(RawHttp2.Data, RawHttp2.EndStream, 1, []);
        var answer = await raw.ReadAnswerAsync();
        Assert.That(answer.GrpcStatus, Is.EqualTo(Ok));
        Assert.That(answer.Body.ToArray(), Is.EqualTo(message));
    }

    [Test]
    public async Task Oversized_length_prefix_is_refused_before_the_message_comes()
    {
        await using var raw = await RawHttp2.ConnectAsync(_server.Address);
        await raw.OpenAsync(Say);
        await raw.SendAsync(RawHttp2.Data, 0, 1, [0, 0xFF, 0xFF, 0xFF, 0xFF]); // and the stream stays open
        Assert.That((await raw.ReadAnswerAsync()).GrpcStatus, Is.EqualTo(ResourceExhausted));
    }

    [Test]
    public async Task Announced_messages_cost_no_memory_before_they_come()
    {
        const int calls = 200;
        var connections = new List<RawHttp2>();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < calls; i++)
        {
            var raw = await RawHttp2.ConnectAsync(_server.Address);
            connections.Add(raw);
            await raw.OpenAsync(Say);
            await raw.SendAsync(RawHttp2.Data, 0, 1, [0, 0, 0x3F, 0xFF, 0xFF]);
        }
        await Task.Delay(200);
        long held = GC.GetTotalMemory(forceFullCollection: true) - before;
        foreach (var raw in connections)
            await raw.DisposeAsync();
        Assert.That(held, Is.LessThan(calls * 256 * 1024), "less than a sixteenth of what was announced");
    }

    [Test]
    public async Task Length_just_past_the_limit_is_refused()
    {
        byte[] prefix = new byte[5];
        BinaryPrimitives.WriteInt32BigEndian(prefix.AsSpan(1), (4 * 1024 * 1024) + 1);
        Assert.That((await CallAsync(prefix)).GrpcStatus, Is.EqualTo(ResourceExhausted));
    }

    private static IEnumerable<TestCaseData> BrokenBodies()
    {
        byte[] message = Message(new Words { Text = "x" });
        yield return new TestCaseData(Array.Empty<byte>(), Unimplemented).SetName("No_request_is_a_cardinality_violation");
        yield return new TestCaseData(message.Concat(message).ToArray(), Unimplemented).SetName("Two_requests_are_a_cardinality_violation");
        yield return new TestCaseData(message[..3], Internal).SetName("Prefix_cut_off_is_internal");
        yield return new TestCaseData(message[..^1], Internal).SetName("Message_cut_off_is_internal");
        yield return new TestCaseData(new byte[] { 2, 0, 0, 0, 0 }, Internal).SetName("Compressed_flag_of_2_is_internal");
        yield return new TestCaseData(new byte[] { 1, 0, 0, 0, 0 }, Internal).SetName("Compressed_without_encoding_is_internal");
        yield return new TestCaseData(new byte[] { 0, 0, 0, 0, 2, 0x0A, 0x7F }, Internal).SetName("Bytes_that_are_no_proto_are_internal");
    }

    [TestCaseSource(nameof(BrokenBodies))]
    public async Task Broken_body(byte[] body, string expected) =>
        Assert.That((await CallAsync(body)).GrpcStatus, Is.EqualTo(expected));

    [Test]
    public async Task Gzip_message_is_read()
    {
        byte[] message = Gzipped(new Words { Text = new string('a', 10_000) }.ToByteArray());
        var answer = await CallAsync(message, ("grpc-encoding", "gzip"));
        Assert.That(answer.GrpcStatus, Is.EqualTo(Ok));
        Assert.That(Words.Parser.ParseFrom(answer.Body.ToArray().AsSpan(5)).Text, Has.Length.EqualTo(10_000));
    }

    [Test]
    public async Task Uncompressed_message_in_a_gzip_call_is_read() =>
        Assert.That((await CallAsync(Message(new Words()), ("grpc-encoding", "gzip"))).GrpcStatus, Is.EqualTo(Ok));

    [Test]
    public async Task Decompression_bomb_is_refused()
    {
        byte[] bomb = Gzipped(new byte[100 * 1024 * 1024]); // 100 MB in about 100 kB
        long before = GC.GetTotalAllocatedBytes();
        var answer = await CallAsync(bomb, ("grpc-encoding", "gzip"));
        Assert.That(answer.GrpcStatus, Is.EqualTo(ResourceExhausted));
        Assert.That(GC.GetTotalAllocatedBytes() - before, Is.LessThan(40 * 1024 * 1024));
    }

    [Test]
    public async Task Bytes_that_are_no_gzip_are_internal() =>
        Assert.That((await CallAsync([1, 0, 0, 0, 4, 1, 2, 3, 4], ("grpc-encoding", "gzip"))).GrpcStatus, Is.EqualTo(Internal));

    [Test]
    public async Task Unknown_encoding_is_unimplemented_and_the_known_ones_are_told()
    {
        var answer = await CallAsync(Message(new Words()), ("grpc-encoding", "snappy"));
        Assert.That(answer.GrpcStatus, Is.EqualTo(Unimplemented));
        Assert.That(answer.Fields["grpc-accept-encoding"], Is.EqualTo("identity,gzip"));
    }

    [TestCase("application/json")]
    [TestCase("application/grpcweb")]
    [TestCase(null)]
    public async Task Wrong_content_type_is_refused_with_415(string? contentType)
    {
        var answer = await CallAsync(Message(new Words()), ("content-type", contentType));
        Assert.That((answer.Status, answer.GrpcStatus), Is.EqualTo(("415", Internal)));
    }

    [TestCase("application/grpc+proto")]
    [TestCase("application/grpc;charset=utf-8")]
    public async Task Content_type_may_name_the_message_format(string contentType) =>
        Assert.That((await CallAsync(Message(new Words()), ("content-type", contentType))).GrpcStatus, Is.EqualTo(Ok));

    [TestCase("soon")]
    [TestCase("1")]
    [TestCase("S")]
    [TestCase("-1S")]
    [TestCase("123456789S")]
    [TestCase("1s")]
    public async Task Malformed_timeout_is_internal(string timeout) =>
        Assert.That((await CallAsync(Message(new Words()), ("grpc-timeout", timeout))).GrpcStatus, Is.EqualTo(Internal));

    [TestCase("99999999H")]
    [TestCase("99999999n")]
    public async Task Extreme_timeouts_are_understood(string timeout) =>
        Assert.That((await CallAsync(Message(new Words()), ("grpc-timeout", timeout))).GrpcStatus, Is.EqualTo(Ok));

    [Test]
    public async Task Timeout_is_answered_by_the_server()
    {
        await using var raw = await RawHttp2.ConnectAsync(_server.Address);
        await raw.OpenAsync("/pechat.test.v1.Echo/Wait", fields: ("grpc-timeout", "200m"));
        await raw.SendAsync(RawHttp2.Data, RawHttp2.EndStream, 1, Message(new Words()));
        Assert.That((await raw.ReadAnswerAsync()).GrpcStatus, Is.EqualTo(DeadlineExceeded));
    }

    [Test]
    public async Task Timeout_passes_even_while_the_request_is_incomplete()
    {
        await using var raw = await RawHttp2.ConnectAsync(_server.Address);
        await raw.OpenAsync(Say, fields: ("grpc-timeout", "200m"));
        Assert.That((await raw.ReadAnswerAsync()).GrpcStatus, Is.EqualTo(DeadlineExceeded));
    }

    [Test]
    public async Task Unknown_method_is_unimplemented()
    {
        await using var raw = await RawHttp2.ConnectAsync(_server.Address);
        await raw.OpenAsync("/pechat.test.v1.Echo/Nothing", endStream: true);
        Assert.That((await raw.ReadAnswerAsync()).GrpcStatus, Is.EqualTo(Unimplemented));
    }

    [Test]
    public async Task Get_is_not_a_call()
    {
        await using var raw = await RawHttp2.ConnectAsync(_server.Address);
        await raw.OpenAsync(Say, endStream: true, (":method", "GET"));
        Assert.That((await raw.ReadAnswerAsync()).Status, Is.EqualTo("405"));
    }

    [Test]
    public async Task Binary_metadata_that_are_no_base64_are_internal()
    {
        var answer = await CallAsync(Message(new Words()), ("x-echo", "a"), ("x-echo-bin", "%%%"));
        Assert.That(answer.GrpcStatus, Is.EqualTo(Internal));
    }

    [Test]
    public async Task Reset_reaches_the_handler()
    {
        int before = EchoService.CancelledWaits;
        await using var raw = await RawHttp2.ConnectAsync(_server.Address);
        await raw.OpenAsync("/pechat.test.v1.Echo/Wait");
        await raw.SendAsync(RawHttp2.Data, RawHttp2.EndStream, 1, Message(new Words()));
        await Task.Delay(100);
        await raw.SendAsync(RawHttp2.ResetStream, 0, 1, [0, 0, 0, 8]);
        Assert.That(() => EchoService.CancelledWaits, Is.GreaterThan(before).After(5000, 20));
    }

    [Test]
    public async Task Connection_lost_within_a_message_is_no_error_of_the_server()
    {
        var raw = await RawHttp2.ConnectAsync(_server.Address);
        await raw.OpenAsync(Say);
        await raw.SendAsync(RawHttp2.Data, 0, 1, [0, 0, 0, 1, 0, 7]);
        await Task.Delay(50);
        await raw.DisposeAsync();
        Assert.That(() => _server.Log.Text, Does.Contain("ended early").After(5000, 20));
    }

    [Test]
    public async Task Frame_past_the_allowed_size_ends_the_connection()
    {
        await using var raw = await RawHttp2.ConnectAsync(_server.Address);
        await raw.OpenAsync(Say);
        await raw.SendAsync(RawHttp2.Data, 0, 1, [], claimedLength: 0xFFFFFF);
        var answer = await raw.ReadAnswerAsync();
        Assert.That(answer.GoAwayCode, Is.EqualTo(6), "FRAME_SIZE_ERROR");
    }

    [Test]
    public async Task Data_on_a_stream_never_opened_ends_the_connection()
    {
        await using var raw = await RawHttp2.ConnectAsync(_server.Address);
        await raw.SendAsync(RawHttp2.Data, RawHttp2.EndStream, 1, Message(new Words()));
        Assert.That((await raw.ReadAnswerAsync()).GoAwayCode, Is.Not.Null.And.Not.Zero);
    }

    private async Task<RawAnswer> CallAsync(byte[] body, params (string Name, string? Value)[] fields)
    {
        await using var raw = await RawHttp2.ConnectAsync(_server.Address);
        await raw.OpenAsync(Say, endStream: false, fields);
        for (int sent = 0; sent < body.Length; sent += 16_384) // SETTINGS_MAX_FRAME_SIZE
            await raw.SendAsync(RawHttp2.Data, 0, 1, body[sent..Math.Min(sent + 16_384, body.Length)]);
        await raw.SendAsync(RawHttp2.Data, RawHttp2.EndStream, 1, []);
        return await raw.ReadAnswerAsync();
    }

    private static byte[] Message(Words words) => Framed(0, words.ToByteArray());

    private static byte[] Gzipped(byte[] payload)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal))
            gzip.Write(payload);
        return Framed(1, compressed.ToArray());
    }

    private static byte[] Framed(byte flag, byte[] payload)
    {
        byte[] framed = new byte[5 + payload.Length];
        framed[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), payload.Length);
        payload.CopyTo(framed, 5);
        return framed;
    }
}
