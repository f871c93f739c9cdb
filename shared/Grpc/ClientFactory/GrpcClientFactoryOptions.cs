using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace Grpc.Net.ClientFactory;

/// <summary>Options of a client made by the container.</summary>
public sealed class GrpcClientFactoryOptions
{
    /// <summary>Address of the server: <c>http://host:port</c> or <c>https://host:port</c>.</summary>
    public Uri? Address { get; set; }

    /// <summary>Further options of the channel, applied in order.</summary>
    public IList<Action<GrpcChannelOptions>> ChannelOptionsActions { get; } = [];

    /// <summary>Interceptors of every call, outermost first. Each is made once per client type and must be thread-safe.</summary>
    public IList<Func<IServiceProvider, Interceptor>> InterceptorRegistrations { get; } = [];
}
