using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Pechat.Shared.Tests.Calls;

/// <summary>HTTP/2 frames by hand (RFC 9113), to send what no client library sends.</summary>
internal sealed class RawHttp2 : IAsyncDisposable
{
    internal const byte Data = 0, Headers = 1, ResetStream = 3, Settings = 4, GoAway = 7, WindowUpdate = 8;
    internal const byte EndStream = 1, EndHeaders = 4;

    private readonly TcpClient _tcp = new();
    private NetworkStream _stream = null!;

    internal static async Task<RawHttp2> ConnectAsync(Uri address)
    {
        var raw = new RawHttp2();
        await raw._tcp.ConnectAsync(address.Host, address.Port);
        raw._stream = raw._tcp.GetStream();
        await raw._stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        // SETTINGS_HEADER_TABLE_SIZE 0: every field comes as a literal or from the static table.
        await raw.SendAsync(Settings, 0, 0, [0, 1, 0, 0, 0, 0]);
        return raw;
    }

    internal async Task SendAsync(byte type, byte flags, int streamId, byte[] payload, int? claimedLength = null)
    {
        byte[] frame = new byte[9 + payload.Length];
        int length = claimedLength ?? payload.Length;
        (frame[0], frame[1], frame[2]) = ((byte)(length >> 16), (byte)(length >> 8), (byte)length);
        (frame[3], frame[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), streamId);
        payload.CopyTo(frame, 9);
        await _stream.WriteAsync(frame);
    }

    /// <summary>Opens stream 1 with the fields of a call; a null value leaves a field out.</summary>
    internal Task OpenAsync(string path, bool endStream = false, params (string Name, string? Value)[] fields)
    {
        var all = new Dictionary<string, string?>
        {
            [":method"] = "POST", [":scheme"] = "http", [":path"] = path, [":authority"] = "localhost",
            ["content-type"] = "application/grpc", ["te"] = "trailers",
        };
        foreach (var (name, value) in fields)
            all[name] = value;
        var block = new MemoryStream();
        foreach (var (name, value) in all)
        {
            if (value is null)
                continue;
            block.WriteByte(0); // RFC 7541 §6.2.2: literal without indexing, new name
            Write(block, name);
            Write(block, value);
        }
        return SendAsync(Headers, (byte)(EndHeaders | (endStream ? EndStream : 0)), 1, block.ToArray());

        static void Write(MemoryStream block, string text)
        {
            Assert.That(text, Has.Length.LessThan(127));
            block.WriteByte((byte)text.Length);
            block.Write(Encoding.ASCII.GetBytes(text));
        }
    }

    /// <summary>Reads frames until stream 1 or the connection ends.</summary>
    internal async Task<RawAnswer> ReadAnswerAsync()
    {
        var answer = new RawAnswer();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        byte[] head = new byte[9];
        while (!answer.Ended)
        {
            if (await _stream.ReadAtLeastAsync(head, 9, throwOnEndOfStream: false, limit.Token) < 9)
            {
                answer.ConnectionClosed = true;
                return answer;
            }
            byte[] payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
            await _stream.ReadExactlyAsync(payload, limit.Token);
            answer.Take(head[3], head[4], payload);
        }
        return answer;
    }

    public ValueTask DisposeAsync()
    {
        _tcp.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>What came back on stream 1.</summary>
internal sealed class RawAnswer
{
    // RFC 7541 appendix A, as far as an answer uses it.
    private static readonly Dictionary<int, (string Name, string Value)> Static = new()
    {
        [8] = (":status", "200"), [9] = (":status", "204"), [12] = (":status", "400"), [13] = (":status", "404"), [14] = (":status", "500"),
        [22] = ("allow", ""), [28] = ("content-length", ""), [31] = ("content-type", ""), [33] = ("date", ""), [54] = ("server", ""),
    };

    internal Dictionary<string, string> Fields { get; } = [];

    internal MemoryStream Body { get; } = new();

    internal bool Ended { get; private set; }

    internal bool ConnectionClosed { get; set; }

    internal uint? ResetCode { get; private set; }

    internal uint? GoAwayCode { get; private set; }

    internal string? Status => Fields.GetValueOrDefault(":status");

    internal string? GrpcStatus => Fields.GetValueOrDefault("grpc-status");

    internal void Take(byte type, byte flags, byte[] payload)
    {
        switch (type)
        {
            case RawHttp2.Data:
                Body.Write(payload);
                break;
            case RawHttp2.Headers:
                Decode(payload);
                break;
            case RawHttp2.ResetStream:
                ResetCode = BinaryPrimitives.ReadUInt32BigEndian(payload);
                Ended = true;
                return;
            case RawHttp2.GoAway:
                GoAwayCode = BinaryPrimitives.ReadUInt32BigEndian(payload.AsSpan(4));
                Ended = true;
                return;
            default:
                return;
        }
        Ended = (flags & RawHttp2.EndStream) != 0;
    }

    private void Decode(ReadOnlySpan<byte> block)
    {
        while (block.Length > 0)
        {
            byte first = block[0];
            int prefixBits = (first & 0x80) != 0 ? 7 : (first & 0x40) != 0 ? 6 : (first & 0x20) != 0 ? 5 : 4;
            int index = Integer(ref block, prefixBits);
            if (prefixBits == 5)
                continue; // dynamic table size update
            if (prefixBits == 7)
            {
                Fields[Static[index].Name] = Static[index].Value;
                continue;
            }
            string name = index == 0 ? Text(ref block) : Static[index].Name;
            Fields[name] = Text(ref block);
        }
    }

    private static string Text(ref ReadOnlySpan<byte> block)
    {
        Assert.That(block[0] & 0x80, Is.Zero, "Huffman coding is not expected from Kestrel");
        int length = Integer(ref block, 7);
        string text = Encoding.ASCII.GetString(block[..length]);
        block = block[length..];
        return text;
    }

    // RFC 7541 §5.1
    private static int Integer(ref ReadOnlySpan<byte> block, int prefixBits)
    {
        int mask = (1 << prefixBits) - 1;
        int value = block[0] & mask;
        block = block[1..];
        if (value < mask)
            return value;
        int shift = 0;
        byte next;
        do
        {
            next = block[0];
            block = block[1..];
            value += (next & 0x7F) << shift;
            shift += 7;
        }
        while ((next & 0x80) != 0);
        return value;
    }
}
