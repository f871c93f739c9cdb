using Grpc.Core;
using Grpc.Core.Wire;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server;

/// <summary>Serves the calls of one method. Everything that can be found out once is found out when the method is mapped.</summary>
internal abstract class ServerCallHandler<TRequest, TResponse>(Method<TRequest, TResponse> method, GrpcServerCore server)
    where TRequest : class
    where TResponse : class
{
    internal async Task HandleAsync(HttpContext http)
    {
        if (!RequestCheck.TryAccept(http))
            return;
        using var context = new HttpContextServerCallContext(http, method, server);
        http.Features.Set<IServerCallContextFeature>(context);
        try
        {
            context.StartDeadline();
            await InvokeAsync(context);
            context.Complete(context.Status);
        }
        catch (RpcException refusal)
        {
            server.LogRefusal(method.FullName, refusal.Status);
            context.Complete(refusal.Status, refusal.Trailers);
        }
        catch (Exception exception) when (EarlyEnd(context, exception) is { } status)
        {
            server.LogEarlyEnd(method.FullName, status.StatusCode);
            context.Complete(status);
        }
#pragma warning disable CA1031 // The last line of defence: a defect is logged and answered, and the server lives on.
        catch (Exception defect)
#pragma warning restore CA1031
        {
            server.LogDefect(method.FullName, defect);
            context.Complete(new Status(
                StatusCode.Unknown, server.Options.EnableDetailedErrors ? $"{defect.GetType().Name}: {defect.Message}" : "the call failed unexpectedly"));
        }
    }

    protected abstract Task InvokeAsync(HttpContextServerCallContext context);

    protected MessageReader Reader(HttpContextServerCallContext context)
    {
        HttpRequest request = context.Http.Request;
        return new MessageReader(request.BodyReader, server.Options.MaxReceiveMessageSize, request.Headers[GrpcProtocol.EncodingHeader]);
    }

    protected MessageWriter Writer(HttpContextServerCallContext context) =>
        new(context.Http.Response.BodyWriter, server.Options.MaxSendMessageSize);

    /// <summary>Exactly one request, then the end of the stream (statuscodes.md: any other number is UNIMPLEMENTED).</summary>
    protected async ValueTask<TRequest> ReadSingleAsync(HttpContextServerCallContext context)
    {
        MessageReader reader = Reader(context);
        var deserializer = method.RequestMarshaller.ContextualDeserializer;
        TRequest request = await reader.ReadAsync(deserializer, context.CancellationToken)
            ?? throw new RpcException(new Status(StatusCode.Unimplemented, "the call carries no request"));
        if (await reader.ReadAsync(deserializer, context.CancellationToken) is not null)
            throw new RpcException(new Status(StatusCode.Unimplemented, "the call carries more than one request"));
        return request;
    }

    protected void WriteSingle(HttpContextServerCallContext context, TResponse? response)
    {
        if (context.Status.StatusCode != StatusCode.OK)
            return; // the handler chose a status instead
        if (response is null)
            throw new InvalidOperationException("the handler returned no response");
        Writer(context).Write(response, method.ResponseMarshaller.ContextualSerializer);
        context.MessageWritten();
    }

    protected RequestStream<TRequest> Requests(HttpContextServerCallContext context) =>
        new(Reader(context), method.RequestMarshaller.ContextualDeserializer, context);

    protected ResponseStream<TResponse> Responses(HttpContextServerCallContext context) =>
        new(Writer(context), method.ResponseMarshaller.ContextualSerializer, context);

    // The time is up, or the caller or the connection is gone: nothing is wrong with this server.
    private static Status? EarlyEnd(HttpContextServerCallContext context, Exception exception)
    {
        if (exception is OperationCanceledException or IOException && context.IsDeadlineExceeded)
            return context.DeadlineExceeded().Status;
        bool callerGone = exception is ConnectionResetException or ConnectionAbortedException
            || (exception is OperationCanceledException or IOException && context.Http.RequestAborted.IsCancellationRequested);
        return callerGone ? new Status(StatusCode.Cancelled, "the caller has gone")
            : exception is BadHttpRequestException bad ? new Status(StatusCode.Internal, bad.Message)
            : null;
    }
}
