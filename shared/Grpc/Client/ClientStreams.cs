using Grpc.Core;
using Grpc.Core.Wire;

namespace Grpc.Net.Client;

/// <summary>The responses of a streaming call.</summary>
internal sealed class ResponseReader<TRequest, TResponse>(HttpCall<TRequest, TResponse> call, Task opened) : IAsyncStreamReader<TResponse>
    where TRequest : class
    where TResponse : class
{
    private TResponse? _current;

    public TResponse Current => _current ?? throw new InvalidOperationException("no message was read");

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        await opened.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (!cancellationToken.CanBeCanceled || cancellationToken == call.Token)
            return (_current = await call.ReadAsync(call.Token).ConfigureAwait(false)) is not null;
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, call.Token);
        return (_current = await call.ReadAsync(both.Token).ConfigureAwait(false)) is not null;
    }
}

/// <summary>The requests of a streaming call; each is flushed unless hinted otherwise.</summary>
internal sealed class RequestWriter<TRequest, TResponse>(HttpCall<TRequest, TResponse> call, StreamContent content)
    : IClientStreamWriter<TRequest>
    where TRequest : class
    where TResponse : class
{
    private int _writing;
    private bool _completed;

    public WriteOptions? WriteOptions { get; set; } = call.Options.WriteOptions;

    public Task WriteAsync(TRequest message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(TRequest message, CancellationToken cancellationToken)
    {
        if (_completed)
            throw new InvalidOperationException("the stream of requests was completed");
        if (Interlocked.Exchange(ref _writing, 1) == 1)
            throw new InvalidOperationException("the previous write has not ended");
        try
        {
            using var buffer = new PooledBuffer();
            new MessageWriter(buffer, call.MaxSendMessageSize).Write(message, call.Method.RequestMarshaller.ContextualSerializer);
            CancellationToken ct = cancellationToken.CanBeCanceled ? cancellationToken : call.Token;
            Stream stream = await content.Opened.WaitAsync(ct).ConfigureAwait(false);
            await stream.WriteAsync(buffer.Written, ct).ConfigureAwait(false);
            if (WriteOptions is null || !WriteOptions.Flags.HasFlag(WriteFlags.BufferHint))
                await stream.FlushAsync(ct).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or HttpRequestException or ObjectDisposedException)
        {
            throw call.ToRpcException(exception); // the call itself ends by what its response says
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
        }
    }

    public Task CompleteAsync()
    {
        _completed = true;
        content.Complete();
        return Task.CompletedTask;
    }
}
