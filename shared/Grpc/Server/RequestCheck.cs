using Grpc.Core;
using Grpc.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server;

/// <summary>Refuses what is not a gRPC call, with an HTTP status for strangers and a gRPC status for clients.</summary>
internal static class RequestCheck
{
    internal static bool TryAccept(HttpContext http)
    {
        if (!HttpProtocol.IsHttp2(http.Request.Protocol) && !HttpProtocol.IsHttp3(http.Request.Protocol))
            return Refuse(http, StatusCodes.Status426UpgradeRequired, StatusCode.Internal, $"gRPC needs HTTP/2, not {http.Request.Protocol}");
        if (!GrpcProtocol.IsGrpc(http.Request.ContentType))
            return Refuse(http, StatusCodes.Status415UnsupportedMediaType, StatusCode.Internal, "the content type is not application/grpc");
        http.Response.ContentType = GrpcProtocol.ContentType;
        string? encoding = http.Request.Headers[GrpcProtocol.EncodingHeader];
        if (!GrpcProtocol.IsSupported(encoding))
        {
            http.Response.Headers[GrpcProtocol.AcceptEncodingHeader] = GrpcProtocol.AcceptedEncodings; // compression.md
            return Refuse(http, StatusCodes.Status200OK, StatusCode.Unimplemented, "the compression is not supported");
        }
        // Messages have a limit of their own, streams have none.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } bodySize)
            bodySize.MaxRequestBodySize = null;
        return true;
    }

    internal static bool Refuse(HttpContext http, int httpStatus, StatusCode code, string detail)
    {
        http.Response.StatusCode = httpStatus;
        http.Response.Headers[GrpcProtocol.StatusHeader] = StatusText.Of(code);
        http.Response.Headers[GrpcProtocol.MessageHeader] = StatusMessage.Encode(detail);
        return false;
    }
}
