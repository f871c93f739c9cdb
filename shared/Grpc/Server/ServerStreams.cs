using Grpc.Core;
using Grpc.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Grpc.AspNetCore.Server;

/// <summary>The requests of a streaming call.</summary>
internal sealed class RequestStream<T>(MessageReader reader, Func<DeserializationContext, T> deserializer, HttpContextServerCallContext context)
    : IAsyncStreamReader<T>
    where T : class
{
    private T? _current;

    public T Current => _current ?? throw new InvalidOperationException("no message was read");

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(context.HasEnded, this);
        CancellationToken callToken = context.CancellationToken;
        if (!cancellationToken.CanBeCanceled || cancellationToken == callToken)
            return (_current = await reader.ReadAsync(deserializer, callToken)) is not null;
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, callToken);
        return (_current = await reader.ReadAsync(deserializer, both.Token)) is not null;
    }
}

/// <summary>The responses of a streaming call; each is flushed unless hinted otherwise.</summary>
internal sealed class ResponseStream<T>(MessageWriter writer, Action<T, SerializationContext> serializer, HttpContextServerCallContext context)
    : IServerStreamWriter<T>
    where T : class
{
    private int _writing;

    public WriteOptions? WriteOptions
    {
        get => context.WriteOptions;
        set => context.WriteOptions = value;
    }

    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(context.HasEnded, this);
        CancellationToken callToken = context.CancellationToken;
        callToken.ThrowIfCancellationRequested();
        cancellationToken.ThrowIfCancellationRequested();
        if (Interlocked.Exchange(ref _writing, 1) == 1)
            throw new InvalidOperationException("the previous write has not ended");
        try
        {
            writer.Write(message, serializer);
            context.MessageWritten();
            if (WriteOptions is null || !WriteOptions.Flags.HasFlag(WriteFlags.BufferHint))
                await context.Http.Response.BodyWriter.FlushAsync(cancellationToken.CanBeCanceled ? cancellationToken : callToken);
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
        }
    }
}

internal static class SlowStream
{
    /// <summary>A stream of requests may pause for as long as its deadline allows.</summary>
    internal static void Allow(HttpContext http)
    {
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
    }
}
