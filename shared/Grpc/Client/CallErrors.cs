using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Core.Wire;

namespace Grpc.Net.Client;

/// <summary>What the HTTP stack throws, as a status.</summary>
internal static class CallErrors
{
    /// <summary>Null for an exception that is not about the connection.</summary>
    internal static Status? Translate(Exception exception)
    {
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is HttpProtocolException { ErrorCode: var code })
                return new Status(GrpcProtocol.FromResetCode(code), $"the stream was reset with HTTP/2 error {code}", exception);
        }
        return exception switch
        {
            HttpRequestException or IOException => new Status(StatusCode.Unavailable, $"the connection failed: {exception.Message}", exception),
            ObjectDisposedException => new Status(StatusCode.Cancelled, "the call was disposed", exception),
            _ => null,
        };
    }

    /// <summary>The status that the headers or trailers carry, null if they carry none.</summary>
    internal static Status? Read(HttpHeaders headers)
    {
        if (!headers.NonValidated.TryGetValues(GrpcProtocol.StatusHeader, out var codes))
            return null;
        bool known = int.TryParse(codes.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number <= (int)StatusCode.Unauthenticated;
        string detail = headers.NonValidated.TryGetValues(GrpcProtocol.MessageHeader, out var messages)
            ? StatusMessage.Decode(messages.ToString()) : "";
        return new Status(known ? (StatusCode)number : StatusCode.Unknown, detail);
    }

    internal static Status FromHttp(HttpStatusCode status) =>
        new(GrpcProtocol.FromHttpStatus((int)status), $"the server answered with HTTP status {(int)status}");

    internal static Metadata ReadMetadata(HttpHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers.NonValidated)
        {
            if (MetadataWire.IsReserved(name))
                continue;
            foreach (string value in values)
                MetadataWire.Add(metadata, name, value);
        }
        return metadata;
    }
}
