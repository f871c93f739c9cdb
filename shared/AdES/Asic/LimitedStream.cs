using System.IO.Compression;

namespace Pechat.AdES.Asic;

/// <summary>Reads what an entry declares and refuses more: a liar's length protects nobody from a bomb.</summary>
internal sealed class LimitedStream : Stream
{
    private readonly Stream _inner;
    private long _left;

    private LimitedStream(Stream inner, long length)
    {
        _inner = inner;
        _left = length;
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="SignatureException">The entry is broken.</exception>
    internal static LimitedStream Open(ZipArchiveEntry entry)
    {
        try
        {
            return new LimitedStream(entry.Open(), entry.Length);
        }
        catch (InvalidDataException malformed)
        {
            throw Broken(malformed);
        }
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        try
        {
            return Count(_inner.Read(buffer, offset, count));
        }
        catch (InvalidDataException malformed)
        {
            throw Broken(malformed);
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return Count(await _inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false));
        }
        catch (InvalidDataException malformed)
        {
            throw Broken(malformed);
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _inner.Dispose();
        base.Dispose(disposing);
    }

    private int Count(int read)
    {
        _left -= read;
        return _left >= 0 ? read : throw new SignatureException("An entry of the container is longer than it says.");
    }

    private static SignatureException Broken(Exception cause) => new("An entry of the container is broken.", cause);
}
