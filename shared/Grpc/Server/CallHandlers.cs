using Grpc.Core;

namespace Grpc.AspNetCore.Server;

internal sealed class UnaryCallHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, GrpcServerCore server, UnaryServerMethod<TRequest, TResponse> pipeline)
    : ServerCallHandler<TRequest, TResponse>(method, server)
    where TRequest : class
    where TResponse : class
{
    protected override async Task InvokeAsync(HttpContextServerCallContext context) =>
        WriteSingle(context, await pipeline(await ReadSingleAsync(context), context));
}

internal sealed class ClientStreamingCallHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, GrpcServerCore server, ClientStreamingServerMethod<TRequest, TResponse> pipeline)
    : ServerCallHandler<TRequest, TResponse>(method, server)
    where TRequest : class
    where TResponse : class
{
    protected override async Task InvokeAsync(HttpContextServerCallContext context)
    {
        SlowStream.Allow(context.Http);
        WriteSingle(context, await pipeline(Requests(context), context));
    }
}

internal sealed class ServerStreamingCallHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, GrpcServerCore server, ServerStreamingServerMethod<TRequest, TResponse> pipeline)
    : ServerCallHandler<TRequest, TResponse>(method, server)
    where TRequest : class
    where TResponse : class
{
    protected override async Task InvokeAsync(HttpContextServerCallContext context) =>
        await pipeline(await ReadSingleAsync(context), Responses(context), context);
}

internal sealed class DuplexStreamingCallHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, GrpcServerCore server, DuplexStreamingServerMethod<TRequest, TResponse> pipeline)
    : ServerCallHandler<TRequest, TResponse>(method, server)
    where TRequest : class
    where TResponse : class
{
    protected override Task InvokeAsync(HttpContextServerCallContext context)
    {
        SlowStream.Allow(context.Http);
        return pipeline(Requests(context), Responses(context), context);
    }
}
