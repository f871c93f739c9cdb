namespace Grpc.Net.Client;

/// <summary>Makes and tunes the HTTP handler of channels.</summary>
public static class GrpcHandler
{
    /// <summary>A handler with <see cref="Tune"/>'s settings.</summary>
    public static SocketsHttpHandler Create()
    {
        var handler = new SocketsHttpHandler();
        Tune(handler);
        return handler;
    }

    /// <summary>
    /// Sets what gRPC needs and the owner of the handler has left at its default: several HTTP/2 connections (one carries 100 calls),
    /// pings that find a dead peer under a waiting call, and connections that are renewed, so that new replicas get their share.
    /// </summary>
    public static void Tune(SocketsHttpHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        handler.EnableMultipleHttp2Connections = true;
        if (handler.KeepAlivePingDelay == Timeout.InfiniteTimeSpan)
        {
            handler.KeepAlivePingDelay = TimeSpan.FromSeconds(15);
            handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(5);
            handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
        }
        if (handler.ConnectTimeout == Timeout.InfiniteTimeSpan)
            handler.ConnectTimeout = TimeSpan.FromSeconds(5);
        if (handler.PooledConnectionLifetime == Timeout.InfiniteTimeSpan)
            handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
    }
}
