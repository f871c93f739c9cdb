using Google.Protobuf;
using Grpc.Core.Wire;

namespace Grpc.Core;

/// <summary>The rich error model: a <see cref="Google.Rpc.Status"/> in the trailer <c>grpc-status-details-bin</c>.</summary>
public static class RpcStatusExtensions
{
    /// <summary>An exception that carries the whole status to the caller.</summary>
    public static RpcException ToRpcException(this Google.Rpc.Status status)
    {
        ArgumentNullException.ThrowIfNull(status);
        var trailers = new Metadata { { GrpcProtocol.StatusDetailsHeader, status.ToByteArray() } };
        return new RpcException(new Status((StatusCode)status.Code, status.Message), trailers);
    }

    /// <summary>The first detail of a kind, or null.</summary>
    public static T? GetDetail<T>(this Google.Rpc.Status status)
        where T : class, IMessage<T>, new()
    {
        ArgumentNullException.ThrowIfNull(status);
        foreach (var detail in status.Details)
        {
            if (detail.TryUnpack(out T message))
                return message;
        }
        return null;
    }
}

/// <summary>Reads the rich error model from exceptions.</summary>
public static class RpcExceptionExtensions
{
    /// <summary>The rich status that came with an error, or null if there was none.</summary>
    /// <exception cref="InvalidProtocolBufferException">The trailer is broken.</exception>
    public static Google.Rpc.Status? GetRpcStatus(this RpcException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception.Trailers.GetValueBytes(GrpcProtocol.StatusDetailsHeader) is { } bytes ? Google.Rpc.Status.Parser.ParseFrom(bytes) : null;
    }
}
