using Grpc.Core;
using Grpc.Core.Interceptors;
using Pechat.Contracts;

namespace Pechat.Hosting;

/// <summary>Gives every unary call a deadline and turns a peer's refusal back into the <see cref="FaultException"/> it was.</summary>
internal sealed class GrpcClientInterceptor(TimeProvider clock) : Interceptor
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, BlockingUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        try
        {
            return continuation(request, WithDeadline(context));
        }
        catch (RpcException e) when (GrpcFaults.FromRpc(e) is { } fault)
        {
            throw fault;
        }
    }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        AsyncUnaryCall<TResponse> call = continuation(request, WithDeadline(context));
        return new(TranslateAsync(call.ResponseAsync), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    private static async Task<T> TranslateAsync<T>(Task<T> response)
    {
        try
        {
            return await response;
        }
        catch (RpcException e) when (GrpcFaults.FromRpc(e) is { } fault)
        {
            throw fault;
        }
    }

    private ClientInterceptorContext<TRequest, TResponse> WithDeadline<TRequest, TResponse>(ClientInterceptorContext<TRequest, TResponse> context)
        where TRequest : class where TResponse : class =>
        context.Options.Deadline is not null ? context
            : new(context.Method, context.Host, context.Options.WithDeadline(clock.GetUtcNow().UtcDateTime + Deadline));
}
