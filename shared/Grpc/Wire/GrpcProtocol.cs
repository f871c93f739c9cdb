namespace Grpc.Core.Wire;

// Names of PROTOCOL-HTTP2.
internal static class GrpcProtocol
{
    internal const string ContentType = "application/grpc";
    internal const string Identity = "identity";
    internal const string AcceptedEncodings = "identity,gzip";
    internal const string StatusHeader = "grpc-status";
    internal const string MessageHeader = "grpc-message";
    internal const string TimeoutHeader = "grpc-timeout";
    internal const string EncodingHeader = "grpc-encoding";
    internal const string AcceptEncodingHeader = "grpc-accept-encoding";
    internal const string StatusDetailsHeader = "grpc-status-details-bin";
    internal const string PreviousAttemptsHeader = "grpc-previous-rpc-attempts";
    internal const string RetryPushbackHeader = "grpc-retry-pushback-ms";
    internal const int DefaultMaxReceiveMessageSize = 4 * 1024 * 1024;

    /// <summary>Whether a media type is <c>application/grpc</c> with or without <c>+proto</c> and parameters.</summary>
    internal static bool IsGrpc(string? contentType) =>
        contentType is not null
        && contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == ContentType.Length || contentType[ContentType.Length] is '+' or ';' or ' ');

    internal static bool IsSupported(string? encoding) => encoding is null or Identity or "gzip";

    /// <summary>The status of an answer without <c>grpc-status</c> (http-grpc-status-mapping.md).</summary>
    internal static StatusCode FromHttpStatus(int status) => status switch
    {
        400 => StatusCode.Internal,
        401 => StatusCode.Unauthenticated,
        403 => StatusCode.PermissionDenied,
        404 => StatusCode.Unimplemented,
        429 or 502 or 503 or 504 => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };

    /// <summary>The status of a stream that was reset (PROTOCOL-HTTP2, Errors).</summary>
    internal static StatusCode FromResetCode(long errorCode) => errorCode switch
    {
        7 => StatusCode.Unavailable,        // REFUSED_STREAM: nothing was processed
        8 => StatusCode.Cancelled,          // CANCEL
        11 => StatusCode.ResourceExhausted, // ENHANCE_YOUR_CALM
        12 => StatusCode.PermissionDenied,  // INADEQUATE_SECURITY
        _ => StatusCode.Internal,
    };
}
