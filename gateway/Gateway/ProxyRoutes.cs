using Pechat.Hosting;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Pechat.Gateway;

/// <summary>The surfaces as YARP routes and the peers as its clusters.</summary>
internal static class ProxyRoutes
{
    private static readonly string[] InternalHeaders = ["X-Correlation-Id", "X-Peer"];

    internal static void AddProxyRoutes(this WebApplicationBuilder builder)
    {
        string[] services = [.. Surface.All.Select(s => s.Service).Distinct()];
        foreach (string service in services)
            builder.AddPeerHttp(service);
        builder.Services.AddReverseProxy()
            .LoadFromMemory([.. Surface.All.Select(Route)], [.. services.Select(s => Cluster(s, builder.Configuration[$"Peers:{s}"]))])
            .AddTransforms(Transform);
        builder.Services.AddSingleton<IForwarderHttpClientFactory, PeerForwarderClients>();
    }

    private static RouteConfig Route(Surface surface, int order) => new()
    {
        RouteId = surface.Name,
        ClusterId = surface.Service,
        Order = order, // the catch-all pages stand last
        MaxRequestBodySize = surface.MaxBodyBytes,
        Match = new RouteMatch { Path = surface.Path },
    };

    private static ClusterConfig Cluster(string service, string? address) => new()
    {
        ClusterId = service,
        Destinations = new Dictionary<string, DestinationConfig> { [service] = new() { Address = address ?? "" } },
        HttpRequest = new ForwarderRequestConfig { ActivityTimeout = TimeSpan.FromSeconds(100), Version = System.Net.HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact },
    };

    private static void Transform(TransformBuilderContext context)
    {
        // A caller outside cannot speak as a peer; the peer handler adds our own correlation id afterwards.
        foreach (string header in InternalHeaders)
            context.AddRequestHeaderRemove(header);
        context.AddXForwarded(ForwardedTransformActions.Set);
        context.AddResponseHeaderRemove("Server");
    }
}
