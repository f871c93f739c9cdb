using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Google.Protobuf;

namespace Grpc.Core.Wire;

/// <summary>Reads length-prefixed messages (PROTOCOL-HTTP2, Length-Prefixed-Message) in place from a pipe.</summary>
/// <param name="pipe">Source of the bytes.</param>
/// <param name="maxSize">Largest message in bytes, also after decompression; null for no limit.</param>
/// <param name="encoding">Value of <c>grpc-encoding</c>; null stands for identity.</param>
internal sealed class MessageReader(PipeReader pipe, int? maxSize, string? encoding) : DeserializationContext
{
    internal const int PrefixLength = 5;

    private ReadOnlySequence<byte> _payload;

    public override int PayloadLength => (int)_payload.Length;

    public override byte[] PayloadAsNewBuffer() => _payload.ToArray();

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => _payload;

    /// <summary>The next message, or null at the end of the stream.</summary>
    /// <exception cref="RpcException">The frame is malformed, too large, or not readable.</exception>
    internal async ValueTask<T?> ReadAsync<T>(Func<DeserializationContext, T> deserializer, CancellationToken ct)
        where T : class
    {
        while (true)
        {
            ReadResult result = await pipe.ReadAsync(ct).ConfigureAwait(false);
            SequencePosition consumed = result.Buffer.Start;
            SequencePosition examined = result.Buffer.End;
            try
            {
                if (TryFrame(result.Buffer, out bool compressed, out ReadOnlySequence<byte> payload))
                {
                    consumed = examined = payload.End;
                    return Deserialize(payload, compressed, deserializer);
                }
                if (result.IsCompleted)
                {
                    consumed = examined;
                    return result.Buffer.IsEmpty ? null : throw Error(StatusCode.Internal, "the stream ended within a message");
                }
            }
            finally
            {
                pipe.AdvanceTo(consumed, examined);
            }
        }
    }

    // The prefix is judged as soon as it is there, so that nothing is buffered for a message that would be refused.
    private bool TryFrame(ReadOnlySequence<byte> buffer, out bool compressed, out ReadOnlySequence<byte> payload)
    {
        compressed = false;
        payload = default;
        if (buffer.Length < PrefixLength)
            return false;
        Span<byte> prefix = stackalloc byte[PrefixLength];
        buffer.Slice(0, PrefixLength).CopyTo(prefix);
        compressed = prefix[0] switch
        {
            0 => false,
            1 => true,
            _ => throw Error(StatusCode.Internal, $"the compressed flag of a message is {prefix[0]}"),
        };
        uint length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        if (length > (uint)(maxSize ?? int.MaxValue))
            throw TooLarge();
        if (buffer.Length - PrefixLength < length)
            return false;
        payload = buffer.Slice(PrefixLength, length);
        return true;
    }

    private T Deserialize<T>(ReadOnlySequence<byte> payload, bool compressed, Func<DeserializationContext, T> deserializer)
        where T : class
    {
        byte[]? rented = null;
        try
        {
            _payload = compressed ? Decompress(payload, out rented) : payload;
            return deserializer(this);
        }
        catch (InvalidProtocolBufferException broken)
        {
            // statuscodes.md: error parsing a proto is INTERNAL.
            throw new RpcException(new Status(StatusCode.Internal, "a message cannot be parsed", broken));
        }
        finally
        {
            _payload = default;
            if (rented is not null)
                ArrayPool<byte>.Shared.Return(rented, clearArray: true);
        }
    }

    private ReadOnlySequence<byte> Decompress(ReadOnlySequence<byte> payload, out byte[] rented)
    {
        if (encoding is null or GrpcProtocol.Identity)
            throw Error(StatusCode.Internal, "a message is compressed, but the call named no compression"); // compression.md
        try
        {
            rented = Gzip.Decompress(payload, maxSize ?? int.MaxValue, out int length)
                ?? throw TooLarge();
            return new ReadOnlySequence<byte>(rented, 0, length);
        }
        catch (InvalidDataException broken)
        {
            throw new RpcException(new Status(StatusCode.Internal, "a message cannot be decompressed", broken));
        }
    }

    private RpcException TooLarge() => Error(StatusCode.ResourceExhausted, $"a message exceeds the limit of {maxSize} bytes");

    private static RpcException Error(StatusCode code, string detail) => new(new Status(code, detail));
}
