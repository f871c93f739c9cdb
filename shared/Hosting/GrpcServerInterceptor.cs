using System.Data.Common;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Pechat.Contracts;

namespace Pechat.Hosting;

/// <summary>Lets only listed peers in and turns what a method throws into a status.</summary>
internal sealed partial class GrpcServerInterceptor(ILogger<GrpcServerInterceptor> logger) : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(context, () => continuation(request, context));

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(context, () => continuation(requestStream, context));

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(context, () => WithoutResult(continuation(request, responseStream, context)));

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(context, () => WithoutResult(continuation(requestStream, responseStream, context)));

    private static async Task<bool> WithoutResult(Task task)
    {
        await task;
        return true;
    }

    private async Task<T> GuardAsync<T>(ServerCallContext context, Func<Task<T>> call)
    {
        ThrowIfRefused(context);
        try
        {
            return await call();
        }
        catch (FaultException fault)
        {
            Refused(logger, fault.Code, context.Method);
            throw GrpcFaults.ToRpc(fault);
        }
        catch (RpcException)
        {
            throw; // the method chose its status
        }
        catch (Exception) when (context.CancellationToken.IsCancellationRequested)
        {
            throw; // the caller went away or the deadline passed; the runtime answers
        }
        catch (DbException e) when (e.IsTransient)
        {
            DatabaseUnavailable(logger, e, context.Method);
            throw GrpcFaults.ToRpc(FaultException.Unavailable("temporarily_unavailable", "the service cannot reach its database; try again"));
        }
        catch (Exception e)
        {
            Defect(logger, e, context.Method);
            throw new RpcException(new Status(StatusCode.Internal, "internal error"));
        }
    }

    private void ThrowIfRefused(ServerCallContext context)
    {
        HttpContext http = context.GetHttpContext();
        string? peer = http.Peer();
        if (peer is not null && http.GetEndpoint()?.Metadata.GetMetadata<CallersAttribute>()?.Services.Contains(peer) == true)
            return;
        PeerRefused(logger, peer, context.Method);
        throw GrpcFaults.ToRpc(FaultException.Forbidden("peer_refused", "this service may not call the method"));
    }

    [LoggerMessage(141, LogLevel.Information, "Refused with {Code} in {Method}")]
    private static partial void Refused(ILogger logger, string code, string method);

    [LoggerMessage(142, LogLevel.Warning, "Refused peer {Peer} at {Method}")]
    private static partial void PeerRefused(ILogger logger, string? peer, string method);

    [LoggerMessage(143, LogLevel.Warning, "The database does not answer in {Method}")]
    private static partial void DatabaseUnavailable(ILogger logger, Exception exception, string method);

    [LoggerMessage(144, LogLevel.Error, "{Method} failed by a defect")]
    private static partial void Defect(ILogger logger, Exception exception, string method);
}
