using System.Security.Cryptography;
using Pechat.Pki;

namespace Pechat.AdES;

/// <summary>Hashes contents of any size in constant memory.</summary>
public static class ContentHash
{
    private const int BufferLength = 1 << 17;

    /// <summary>Hash of a stream from where it stands to its end.</summary>
    /// <param name="content">What to hash.</param>
    /// <param name="algorithm">Digest algorithm.</param>
    /// <param name="ct">Gives up.</param>
    public static async Task<byte[]> OfAsync(Stream content, DigestAlgorithm algorithm, CancellationToken ct) =>
        (await CopyAsync(content, Stream.Null, algorithm, ct).ConfigureAwait(false)).Hash;

    /// <summary>Copies a stream and hashes what passes.</summary>
    internal static async Task<(long Length, byte[] Hash)> CopyAsync(Stream content, Stream output, DigestAlgorithm algorithm, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(algorithm.Name);
        byte[] buffer = new byte[BufferLength];
        long length = 0;
        for (int read; (read = await content.ReadAsync(buffer, ct).ConfigureAwait(false)) > 0; length += read)
        {
            hash.AppendData(buffer, 0, read);
            await output.WriteAsync(buffer.AsMemory(0, read), ct).ConfigureAwait(false);
        }
        return (length, hash.GetHashAndReset());
    }
}
