using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.Extensions.Options;

namespace Grpc.Net.ClientFactory;

/// <summary>Keeps one channel with its interceptors for each registered client.</summary>
internal sealed class GrpcClientChannels(
    IHttpMessageHandlerFactory handlers, IOptionsMonitor<GrpcClientFactoryOptions> options, TimeProvider clock, IServiceProvider services)
    : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<(GrpcChannel Channel, CallInvoker Invoker)>> _channels = new();

    internal CallInvoker Invoker(string name) =>
        _channels.GetOrAdd(name, key => new Lazy<(GrpcChannel, CallInvoker)>(() => Open(key))).Value.Invoker;

    public void Dispose()
    {
        foreach (var channel in _channels.Values.Where(lazy => lazy.IsValueCreated))
            channel.Value.Channel.Dispose();
    }

    private (GrpcChannel Channel, CallInvoker Invoker) Open(string name)
    {
        GrpcClientFactoryOptions client = options.Get(name);
        var channelOptions = new GrpcChannelOptions { HttpHandler = handlers.CreateHandler(name), Clock = clock };
        foreach (var configure in client.ChannelOptionsActions)
            configure(channelOptions);
        var channel = GrpcChannel.ForAddress(
            client.Address ?? throw new InvalidOperationException($"the gRPC client {name} has no address"), channelOptions);
        var interceptors = client.InterceptorRegistrations.Select(make => make(services)).ToArray();
        return (channel, channel.CreateCallInvoker().Intercept(interceptors));
    }
}
