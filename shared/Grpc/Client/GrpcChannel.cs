using System.Collections.Concurrent;
using Grpc.Core;
using Polly;

namespace Grpc.Net.Client;

/// <summary>Connections to one server, over HTTP/2. Thread-safe; meant to be kept.</summary>
public sealed class GrpcChannel : ChannelBase, IDisposable
{
    private readonly ConcurrentDictionary<IMethod, Uri> _uris = new();
    private readonly Uri _address;

    private GrpcChannel(Uri address, GrpcChannelOptions options)
        : base(address.Authority)
    {
        _address = address;
        Options = options;
        Http = options.HttpHandler is { } handler
            ? new HttpMessageInvoker(handler, disposeHandler: false)
            : new HttpMessageInvoker(GrpcHandler.Create(), disposeHandler: true);
        Retries = RetryStrategy.Build(options);
    }

    internal GrpcChannelOptions Options { get; }

    internal HttpMessageInvoker Http { get; }

    /// <summary>Null when calls are not repeated.</summary>
    internal ResiliencePipeline? Retries { get; }

    /// <summary>A channel to <c>http://host:port</c> (HTTP/2 without TLS) or <c>https://host:port</c>.</summary>
    public static GrpcChannel ForAddress(string address) => ForAddress(new Uri(address), new GrpcChannelOptions());

    /// <summary>A channel to <c>http://host:port</c> (HTTP/2 without TLS) or <c>https://host:port</c>.</summary>
    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions) => ForAddress(new Uri(address), channelOptions);

    /// <summary>A channel to <c>http://host:port</c> (HTTP/2 without TLS) or <c>https://host:port</c>.</summary>
    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());

    /// <summary>A channel to <c>http://host:port</c> (HTTP/2 without TLS) or <c>https://host:port</c>.</summary>
    /// <exception cref="ArgumentException">The address has another scheme.</exception>
    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(channelOptions);
        if (!address.IsAbsoluteUri || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
            throw new ArgumentException($"'{address}' is not an http or https address", nameof(address));
        return new GrpcChannel(address, channelOptions);
    }

    /// <inheritdoc/>
    public override CallInvoker CreateCallInvoker() => new HttpCallInvoker(this);

    internal Uri UriOf(IMethod method) => _uris.GetOrAdd(method, static (key, address) => new Uri(address, key.FullName), _address);

    /// <summary>Closes the connections if the channel made them.</summary>
    public void Dispose() => Http.Dispose();
}
