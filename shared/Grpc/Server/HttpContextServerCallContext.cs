using System.Globalization;
using Grpc.Core;
using Grpc.Core.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server;

/// <summary>A call that came over HTTP.</summary>
internal sealed class HttpContextServerCallContext(HttpContext http, IMethod method, GrpcServerCore server)
    : ServerCallContext, IServerCallContextFeature, IDisposable
{
    private CancellationTokenSource? _deadlineSource;
    private CancellationTokenRegistration _abortRegistration;
    private DateTime _deadline = DateTime.MaxValue;
    private Metadata? _requestHeaders;
    private Metadata? _responseTrailers;
    private Dictionary<object, object>? _userState;
    private AuthContext? _authContext;
    private bool _wroteMessage;

    public ServerCallContext ServerCallContext => this;

    internal HttpContext Http => http;

    internal bool HasEnded { get; private set; }

    /// <summary>Whether the time is up rather than the caller gone.</summary>
    internal bool IsDeadlineExceeded => _deadlineSource is { IsCancellationRequested: true } && !http.RequestAborted.IsCancellationRequested;

    protected override string MethodCore => method.FullName;

    protected override string HostCore => http.Request.Host.Value ?? "";

    protected override string PeerCore => http.Connection.RemoteIpAddress is { } address
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"{(address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? $"ipv4:{address}" : $"ipv6:[{address}]")}:{http.Connection.RemotePort}")
        : "unknown";

    protected override DateTime DeadlineCore => _deadline;

    protected override CancellationToken CancellationTokenCore => _deadlineSource?.Token ?? http.RequestAborted;

    protected override Metadata RequestHeadersCore => _requestHeaders ??= ReadHeaders();

    protected override Metadata ResponseTrailersCore => _responseTrailers ??= [];

    protected override Status StatusCore { get; set; } = Status.DefaultSuccess;

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore => _authContext ??= PeerCertificate.Describe(http.Connection.ClientCertificate);

    protected override IDictionary<object, object> UserStateCore => _userState ??= [];

    public void Dispose()
    {
        HasEnded = true;
        _abortRegistration.Dispose();
        _deadlineSource?.Dispose();
    }

    /// <summary>Starts the clock of the deadline.</summary>
    /// <exception cref="RpcException">The header is malformed or the time is up.</exception>
    internal void StartDeadline()
    {
        string? header = http.Request.Headers[GrpcProtocol.TimeoutHeader];
        if (header is null)
            return;
        if (!GrpcTimeout.TryParse(header, out TimeSpan timeout))
            throw new RpcException(new Status(StatusCode.Internal, "grpc-timeout is malformed"));
        // A little is kept back so that the reason still reaches the caller.
        TimeSpan tenth = timeout / 10;
        timeout -= tenth < server.Options.DeadlineReserve ? tenth : server.Options.DeadlineReserve;
        if (timeout <= TimeSpan.Zero)
            throw DeadlineExceeded();
        DateTime now = server.Clock.GetUtcNow().UtcDateTime;
        _deadline = timeout < DateTime.MaxValue - now ? now + timeout : DateTime.MaxValue;
        if (timeout.TotalMilliseconds >= uint.MaxValue - 1)
            return; // longer than a timer can run: about 49 days
        _deadlineSource = new CancellationTokenSource(timeout, server.Clock);
        _abortRegistration = http.RequestAborted.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _deadlineSource);
    }

    internal RpcException DeadlineExceeded() => new(new Status(StatusCode.DeadlineExceeded, $"{method.FullName} did not end within its deadline"));

    /// <summary>Says that from now on the status can only be a trailer.</summary>
    internal void MessageWritten() => _wroteMessage = true;

    /// <summary>Ends the call: the status goes into the trailers, or into the headers if there is nothing else to send (Trailers-Only).</summary>
    internal void Complete(Status status, Metadata? moreTrailers = null)
    {
        HttpResponse response = http.Response;
        IHeaderDictionary? destination = _wroteMessage || response.HasStarted
            ? http.Features.Get<IHttpResponseTrailersFeature>()?.Trailers
            : response.Headers;
        if (destination is null || destination.IsReadOnly)
            return; // the stream is gone, and with it everybody who could read the status
        Append(destination, _responseTrailers);
        Append(destination, moreTrailers);
        destination[GrpcProtocol.StatusHeader] = StatusText.Of(status.StatusCode);
        if (status.Detail.Length > 0)
            destination[GrpcProtocol.MessageHeader] = StatusMessage.Encode(status.Detail);
    }

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        if (http.Response.HasStarted || _wroteMessage)
            throw new InvalidOperationException("the response headers were sent before");
        Append(http.Response.Headers, responseHeaders);
        return http.Response.BodyWriter.FlushAsync(CancellationTokenCore).AsTask();
    }

    private static void Append(IHeaderDictionary destination, Metadata? metadata)
    {
        if (metadata is null)
            return;
        foreach (var entry in metadata)
        {
            if (!MetadataWire.IsReserved(entry.Key))
                destination.Append(entry.Key, MetadataWire.Encode(entry));
        }
    }

    private Metadata ReadHeaders()
    {
        var metadata = new Metadata();
        foreach (var (name, values) in http.Request.Headers)
        {
            if (MetadataWire.IsReserved(name))
                continue;
            foreach (string? value in values)
                MetadataWire.Add(metadata, name, value ?? "");
        }
        return metadata;
    }
}
