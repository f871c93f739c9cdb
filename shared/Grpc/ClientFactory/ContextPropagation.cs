using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Http;

namespace Grpc.Net.ClientFactory;

/// <summary>Calls made while a call is served inherit its deadline and cancellation.</summary>
internal sealed class ContextPropagation(IHttpContextAccessor accessor) : Interceptor
{
    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context,
        AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(request, Inherit(context, out var linked));
        Release(linked, call.ResponseAsync);
        return call;
    }

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context,
        BlockingUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var inherited = Inherit(context, out var linked);
        using (linked)
            return continuation(request, inherited);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context,
        AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(request, Inherit(context, out var linked));
        return linked is null ? call : new AsyncServerStreamingCall<TResponse>(
            call.ResponseStream, call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, () => End(call, linked));
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(Inherit(context, out var linked));
        Release(linked, call.ResponseAsync);
        return call;
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(Inherit(context, out var linked));
        return linked is null ? call : new AsyncDuplexStreamingCall<TRequest, TResponse>(
            call.RequestStream, call.ResponseStream, call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, () => End(call, linked));
    }

    // A source is needed only when both the caller and the served call can cancel.
    private ClientInterceptorContext<TRequest, TResponse> Inherit<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context, out CancellationTokenSource? linked)
        where TRequest : class
        where TResponse : class
    {
        linked = null;
        if (accessor.HttpContext?.Features.Get<IServerCallContextFeature>()?.ServerCallContext is not { } served)
            return context;
        CallOptions options = context.Options;
        if (served.Deadline < (options.Deadline ?? DateTime.MaxValue).ToUniversalTime())
            options = options.WithDeadline(served.Deadline);
        if (!options.CancellationToken.CanBeCanceled)
        {
            options = options.WithCancellationToken(served.CancellationToken);
        }
        else if (options.CancellationToken != served.CancellationToken)
        {
            linked = CancellationTokenSource.CreateLinkedTokenSource(options.CancellationToken, served.CancellationToken);
            options = options.WithCancellationToken(linked.Token);
        }
        return new ClientInterceptorContext<TRequest, TResponse>(context.Method, context.Host, options);
    }

    private static void Release(CancellationTokenSource? linked, Task response)
    {
        if (linked is not null)
            response.ContinueWith(static (_, source) => ((CancellationTokenSource)source!).Dispose(), linked, TaskScheduler.Default);
    }

    private static void End(IDisposable call, CancellationTokenSource linked)
    {
        call.Dispose();
        linked.Dispose();
    }
}
