using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Core.Wire;

namespace Grpc.Net.Client;

/// <summary>The one request of a call, in rented memory that is given back when nobody sends it any more.</summary>
internal sealed class SingleContent : HttpContent
{
    private static readonly MediaTypeHeaderValue GrpcType = new(GrpcProtocol.ContentType);

    private readonly PooledBuffer _buffer = new();
    private int _users = 1; // the call itself, and each attempt of the HTTP stack to send the content
    private bool _disposed;

    private SingleContent() => Headers.ContentType = GrpcType;

    /// <exception cref="RpcException">The request exceeds the limit.</exception>
    internal static SingleContent Create<T>(T request, Marshaller<T> marshaller, int? maxSize)
    {
        var content = new SingleContent();
        try
        {
            new MessageWriter(content._buffer, maxSize).Write(request, marshaller.ContextualSerializer);
            return content;
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(Interlocked.Increment(ref _users) == 1, this);
        try
        {
            await stream.WriteAsync(_buffer.Written, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Release();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = -1;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !Interlocked.Exchange(ref _disposed, true))
            Release();
        base.Dispose(disposing);
    }

    private void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0)
            _buffer.Dispose();
    }
}

/// <summary>The requests of a streaming call: hands out the HTTP stream and waits until the writer is done with it.</summary>
internal sealed class StreamContent : HttpContent
{
    private static readonly MediaTypeHeaderValue GrpcType = new(GrpcProtocol.ContentType);

    private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal StreamContent() => Headers.ContentType = GrpcType;

    internal Task<Stream> Opened => _opened.Task;

    internal void Complete() => _completed.TrySetResult();

    /// <summary>The call has ended: nobody needs to wait for the HTTP stream any more.</summary>
    internal void Abort()
    {
        _opened.TrySetCanceled();
        _completed.TrySetCanceled();
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false); // so that the headers go out before the first message
        if (!_opened.TrySetResult(stream))
            throw new HttpRequestException("a stream of requests cannot be sent twice");
        await _completed.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = -1;
        return false;
    }
}
