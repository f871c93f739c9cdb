using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Pechat.SignatureActivation.Keys;

/// <summary>Fields for a MAC, each preceded by its length, so that no two lists of fields give the same octets.</summary>
internal sealed class MacInput
{
    private readonly ArrayBufferWriter<byte> _buffer = new(512);

    /// <param name="purpose">Keeps MACs of one purpose from serving another.</param>
    internal MacInput(string purpose) => Add(purpose);

    internal MacInput Add(ReadOnlySpan<byte> field)
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer.GetSpan(4), field.Length);
        _buffer.Advance(4);
        _buffer.Write(field);
        return this;
    }

    internal MacInput Add(string field) => Add(Encoding.UTF8.GetBytes(field));

    internal MacInput Add(Guid field) => Add(field.ToByteArray(bigEndian: true));

    internal MacInput Add(long field)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, field);
        return Add(bytes);
    }

    /// <summary>Times are cut to the microseconds that the database keeps.</summary>
    internal MacInput Add(DateTimeOffset field) => Add(field.UtcTicks / TimeSpan.TicksPerMicrosecond);

    internal byte[] ToArray() => _buffer.WrittenSpan.ToArray();
}
