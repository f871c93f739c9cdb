using Pechat.Contracts;

namespace Pechat.Hosting;

/// <summary>Which peers may call an endpoint over mutual TLS.</summary>
public static class PeerAccess
{
    /// <summary>Opens a REST route to further peers than <see cref="HostingOptions.RestCallers"/>; without names to every peer.</summary>
    public static TBuilder AllowPeers<TBuilder>(this TBuilder builder, params string[] services) where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new PeerMetadata(services));
}

/// <summary>Peers that a route is open to; empty means all.</summary>
internal sealed record PeerMetadata(IReadOnlyList<string> Services);

/// <summary>Refuses REST calls over mutual TLS from peers that are not listed; gRPC methods have <see cref="CallersAttribute"/>.</summary>
internal sealed partial class PeerMiddleware(RequestDelegate next, HostingOptions options, ILogger<PeerMiddleware> logger)
{
    private static readonly string[] PublicDoor = ["gateway"];

    public Task InvokeAsync(HttpContext context)
    {
        if (context.Features.Get<InternalListener>() is not { } connection)
            return next(context); // a listener of the service's own, such as the gateway's public door
        Endpoint? endpoint = context.GetEndpoint();
        if (endpoint is null || GrpcCallers.IsGrpc(endpoint))
            return next(context);
        var allowed = endpoint.Metadata.GetMetadata<PeerMetadata>()?.Services;
        bool open = allowed is { Count: 0 } || context.Request.Path == TokenKeys.Path // public keys, which every peer that accepts tokens reads
            || (connection.Peer is { } peer
            && ((options.RestCallers ?? PublicDoor).Contains(peer) || allowed?.Contains(peer) == true));
        if (open)
            return next(context);
        Refused(logger, connection.Peer, context.Request.Path);
        throw FaultException.Forbidden("peer_refused", "this service may not call the route");
    }

    [LoggerMessage(111, LogLevel.Warning, "Refused peer {Peer} at {Path}")]
    private static partial void Refused(ILogger logger, string? peer, PathString path);
}
