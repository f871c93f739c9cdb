using Grpc.Core.Interceptors;

namespace Grpc.Core;

/// <summary>Makes the calls of a client.</summary>
public abstract class CallInvoker
{
    /// <summary>A unary call that blocks the thread.</summary>
    public abstract TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        where TRequest : class
        where TResponse : class;

    /// <summary>A unary call.</summary>
    public abstract AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        where TRequest : class
        where TResponse : class;

    /// <summary>A server-streaming call.</summary>
    public abstract AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        where TRequest : class
        where TResponse : class;

    /// <summary>A client-streaming call.</summary>
    public abstract AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
        where TRequest : class
        where TResponse : class;

    /// <summary>A duplex-streaming call.</summary>
    public abstract AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
        where TRequest : class
        where TResponse : class;
}

/// <summary>Connections to one server.</summary>
/// <param name="target">Address of the server.</param>
public abstract class ChannelBase(string target)
{
    /// <summary>Address of the server.</summary>
    public string Target { get; } = target;

    /// <summary>A maker of calls over this channel.</summary>
    public abstract CallInvoker CreateCallInvoker();
}

/// <summary>Base of generated clients.</summary>
public abstract class ClientBase
{
    /// <summary>For test doubles that override every call.</summary>
    protected ClientBase() => Configuration = new ClientBaseConfiguration(new UnimplementedCallInvoker());

    /// <summary>A client over a channel.</summary>
    protected ClientBase(ChannelBase channel)
        : this(channel.CreateCallInvoker())
    {
    }

    /// <summary>A client over a maker of calls.</summary>
    protected ClientBase(CallInvoker callInvoker) => Configuration = new ClientBaseConfiguration(callInvoker);

    /// <summary>A client configured like another.</summary>
    protected ClientBase(ClientBaseConfiguration configuration) => Configuration = configuration;

    /// <summary>What the client was made with.</summary>
    private protected ClientBaseConfiguration Configuration { get; }

    /// <summary>Makes the calls.</summary>
    protected CallInvoker CallInvoker => Configuration.Invoker;

    /// <summary>What a client is made with; opaque to generated code.</summary>
    protected internal class ClientBaseConfiguration
    {
        internal ClientBaseConfiguration(CallInvoker invoker) => Invoker = invoker;

        internal CallInvoker Invoker { get; }
    }
}

/// <summary>Base of generated clients.</summary>
/// <typeparam name="T">The generated client.</typeparam>
public abstract class ClientBase<T> : ClientBase
    where T : ClientBase<T>
{
    /// <summary>For test doubles that override every call.</summary>
    protected ClientBase()
    {
    }

    /// <summary>A client over a channel.</summary>
    protected ClientBase(ChannelBase channel)
        : base(channel)
    {
    }

    /// <summary>A client over a maker of calls.</summary>
    protected ClientBase(CallInvoker callInvoker)
        : base(callInvoker)
    {
    }

    /// <summary>A client configured like another.</summary>
    protected ClientBase(ClientBaseConfiguration configuration)
        : base(configuration)
    {
    }

    /// <summary>A client whose calls go to another virtual host of the same server.</summary>
    public T WithHost(string host) => NewInstance(new ClientBaseConfiguration(CallInvoker.Intercept(new HostInterceptor(host))));

    /// <summary>The generated client with another configuration.</summary>
    protected abstract T NewInstance(ClientBaseConfiguration configuration);
}
