using System.Buffers;
using System.Buffers.Binary;

namespace Grpc.Core.Wire;

/// <summary>Writes length-prefixed messages. With a length announced they go straight into the output, without a copy.</summary>
/// <param name="output">Where the bytes go.</param>
/// <param name="maxSize">Largest message in bytes; null for no limit.</param>
internal sealed class MessageWriter(IBufferWriter<byte> output, int? maxSize) : SerializationContext
{
    private ArrayBufferWriter<byte>? _unannounced;
    private int? _length;
    private bool _prefixed;
    private bool _completed;

    /// <exception cref="RpcException">The message exceeds the limit.</exception>
    internal void Write<T>(T message, Action<T, SerializationContext> serializer)
    {
        (_unannounced, _length, _prefixed, _completed) = (null, null, false, false);
        serializer(message, this);
        if (!_completed)
            throw new InvalidOperationException("the marshaller did not complete the message");
    }

    public override void SetPayloadLength(int payloadLength)
    {
        Check(payloadLength);
        _length = payloadLength;
    }

    public override IBufferWriter<byte> GetBufferWriter()
    {
        if (_length is not { } length)
            return _unannounced ??= new ArrayBufferWriter<byte>();
        if (!_prefixed)
            WritePrefix(length);
        return output;
    }

    public override void Complete()
    {
        if (_unannounced is not null)
            WriteWhole(_unannounced.WrittenSpan);
        else if (!_prefixed)
            WriteWhole([]);
        _completed = true;
    }

    public override void Complete(byte[] payload)
    {
        WriteWhole(payload);
        _completed = true;
    }

    private void WriteWhole(ReadOnlySpan<byte> payload)
    {
        Check(payload.Length);
        WritePrefix(payload.Length);
        output.Write(payload);
    }

    private void WritePrefix(int length)
    {
        Span<byte> prefix = output.GetSpan(MessageReader.PrefixLength);
        prefix[0] = 0; // not compressed
        BinaryPrimitives.WriteInt32BigEndian(prefix[1..], length);
        output.Advance(MessageReader.PrefixLength);
        _prefixed = true;
    }

    private void Check(int length)
    {
        if (length > maxSize)
            throw new RpcException(new Status(StatusCode.ResourceExhausted, $"a message of {length} bytes exceeds the sending limit of {maxSize}"));
    }
}
