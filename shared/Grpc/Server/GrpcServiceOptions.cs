using Grpc.Core.Wire;

namespace Grpc.AspNetCore.Server;

/// <summary>Options of all gRPC services of a server.</summary>
public sealed class GrpcServiceOptions
{
    /// <summary>Largest request message in bytes, also after decompression; null for no limit.</summary>
    public int? MaxReceiveMessageSize { get; set; } = GrpcProtocol.DefaultMaxReceiveMessageSize;

    /// <summary>Largest response message in bytes; null for no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>Whether a caller sees the message of an unexpected exception. For development only.</summary>
    public bool EnableDetailedErrors { get; set; }

    /// <summary>
    /// How much of the caller's deadline is kept back, at most a tenth of it: the handler is cancelled this much earlier,
    /// so that the server can still say why it was late.
    /// </summary>
    public TimeSpan DeadlineReserve { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Interceptors of every call, outermost first.</summary>
    public InterceptorCollection Interceptors { get; } = [];
}
