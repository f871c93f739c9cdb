using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>Makes calls over the HTTP connections of a channel.</summary>
internal sealed class HttpCallInvoker(GrpcChannel channel) : CallInvoker
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        AsyncUnaryCall(method, host, options, request).ResponseAsync.GetAwaiter().GetResult();

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new HttpCall<TRequest, TResponse>(channel, method, host, options);
        return new AsyncUnaryCall<TResponse>(call.UnaryAsync(request), call.Headers, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var call = new HttpCall<TRequest, TResponse>(channel, method, host, options);
        var responses = new ResponseReader<TRequest, TResponse>(call, Observe(call.OpenAsync(request)));
        return new AsyncServerStreamingCall<TResponse>(responses, call.Headers, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new HttpCall<TRequest, TResponse>(channel, method, host, options);
        var content = new StreamContent();
        return new AsyncClientStreamingCall<TRequest, TResponse>(
            new RequestWriter<TRequest, TResponse>(call, content), call.ClientStreamingAsync(content),
            call.Headers, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var call = new HttpCall<TRequest, TResponse>(channel, method, host, options);
        var content = new StreamContent();
        var responses = new ResponseReader<TRequest, TResponse>(call, Observe(call.OpenAsync(content)));
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            new RequestWriter<TRequest, TResponse>(call, content), responses, call.Headers, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    // A caller that never reads the responses learns of a failure by the status; the task must not end unobserved.
    private static Task Observe(Task opened)
    {
        _ = opened.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return opened;
    }
}
