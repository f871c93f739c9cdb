using System.Buffers.Text;
using System.Text;

namespace Grpc.Core.Wire;

/// <summary>Between HTTP fields and <see cref="Metadata"/>.</summary>
internal static class MetadataWire
{
    /// <summary>Whether a field belongs to HTTP or the protocol rather than to the application.</summary>
    internal static bool IsReserved(string name) =>
        name.StartsWith(':')
        || name.Equals("te", StringComparison.OrdinalIgnoreCase)
        || name.Equals("host", StringComparison.OrdinalIgnoreCase)
        || name.Equals("content-type", StringComparison.OrdinalIgnoreCase)
        || name.Equals("content-length", StringComparison.OrdinalIgnoreCase)
        || (name.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase)
            && !name.Equals(GrpcProtocol.StatusDetailsHeader, StringComparison.OrdinalIgnoreCase)
            && !name.Equals(GrpcProtocol.RetryPushbackHeader, StringComparison.OrdinalIgnoreCase));

    /// <summary>The value as it goes over the wire.</summary>
    internal static string Encode(Metadata.Entry entry) =>
        entry.IsBinary ? Convert.ToBase64String(entry.ValueBytes) : entry.Value;

    /// <summary>Adds what came over the wire; a binary field may hold several values, separated by commas.</summary>
    /// <exception cref="RpcException">A binary field is not base64.</exception>
    internal static void Add(Metadata metadata, string name, string value)
    {
        string key = name.ToLowerInvariant();
        if (!key.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.Ordinal))
        {
            metadata.Add(new Metadata.Entry(key, value, null));
            return;
        }
        foreach (Range part in value.AsSpan().Split(','))
            metadata.Add(new Metadata.Entry(key, null, Decode(key, value.AsSpan()[part].Trim(" \t="))));
    }

    // Padding is optional on the wire (PROTOCOL-HTTP2, Binary-Header).
    private static byte[] Decode(string key, ReadOnlySpan<char> base64)
    {
        byte[] padded = new byte[(base64.Length + 3) & ~3];
        padded.AsSpan().Fill((byte)'=');
        byte[] decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(padded.Length)];
        if (Encoding.ASCII.TryGetBytes(base64, padded, out _)
            && Base64.DecodeFromUtf8(padded, decoded, out _, out int written) == System.Buffers.OperationStatus.Done)
            return decoded[..written];
        throw new RpcException(new Status(StatusCode.Internal, $"the value of {key} is not base64"));
    }
}
