using System.Buffers;
using System.IO.Compression;

namespace Grpc.Core.Wire;

internal static class Gzip
{
    private const int FirstBuffer = 4096;

    /// <summary>Decompresses into a rented array, which the caller returns to the pool; null when the output exceeds the limit.</summary>
    /// <exception cref="InvalidDataException">The input is not gzip.</exception>
    internal static byte[]? Decompress(ReadOnlySequence<byte> input, int limit, out int length)
    {
        length = 0;
        byte[] source = ArrayPool<byte>.Shared.Rent((int)input.Length);
        byte[] output = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        bool done = false;
        try
        {
            input.CopyTo(source);
            using var gzip = new GZipStream(new MemoryStream(source, 0, (int)input.Length, writable: false), CompressionMode.Decompress);
            int read;
            while ((read = gzip.Read(output, length, output.Length - length)) > 0)
            {
                length += read;
                if (length > limit)
                    return null; // a decompression bomb costs no more than twice the limit
                if (length == output.Length)
                    output = Grow(output, length);
            }
            // GZipStream takes an empty or cut-off input for an empty or shorter output.
            if (length == 0 && input.Length < 18)
                throw new InvalidDataException("too short for gzip");
            done = true;
            return output;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(source, clearArray: true);
            if (!done)
                ArrayPool<byte>.Shared.Return(output, clearArray: true);
        }
    }

    private static byte[] Grow(byte[] full, int length)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min((long)full.Length * 2, Array.MaxLength));
        full.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(full, clearArray: true);
        return larger;
    }
}
