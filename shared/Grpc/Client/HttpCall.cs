using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Core.Wire;

namespace Grpc.Net.Client;

/// <summary>One call of a client, over all its attempts. Ends exactly once, with a status.</summary>
internal sealed class HttpCall<TRequest, TResponse> : IDisposable
    where TRequest : class
    where TResponse : class
{
    private static readonly StreamPipeReaderOptions PipeOptions = new(bufferSize: 16 * 1024, minimumReadSize: 4096);

    private readonly GrpcChannel _channel;
    private readonly Method<TRequest, TResponse> _method;
    private readonly string? _host;
    private readonly CallOptions _options;
    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _callerRegistration;
    private readonly TaskCompletionSource<Metadata> _headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _ending = new();
    private readonly bool _isLate;
    private HttpResponseMessage? _response;
    private PipeReader? _pipe;
    private MessageReader? _reader;
    private StreamContent? _requests;
    private RpcException? _failure;
    private Metadata? _trailers;

    internal HttpCall(GrpcChannel channel, Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        (_channel, _method, _host, _options) = (channel, method, host, options);
        TimeSpan? remaining = Remaining();
        _isLate = remaining <= TimeSpan.Zero;
        _source = remaining is { } time && time > TimeSpan.Zero && time.TotalMilliseconds < uint.MaxValue - 1
            ? new CancellationTokenSource(time, channel.Options.Clock)
            : new CancellationTokenSource();
        Token = _source.Token;
        _callerRegistration = options.CancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _source);
    }

    internal Task<Metadata> Headers => _headers.Task;

    internal CancellationToken Token { get; }

    internal CallOptions Options => _options;

    internal Method<TRequest, TResponse> Method => _method;

    internal int? MaxSendMessageSize => _channel.Options.MaxSendMessageSize;

    /// <summary>One request, and exactly one response.</summary>
    internal Task<TResponse> UnaryAsync(TRequest request) => RunAsync(async () =>
    {
        await OpenWithRetriesAsync(request).ConfigureAwait(false);
        return await ReadSingleAsync().ConfigureAwait(false);
    });

    /// <summary>One request; the responses are then read one by one.</summary>
    internal Task OpenAsync(TRequest request) => RunAsync<object?>(async () =>
    {
        await OpenWithRetriesAsync(request).ConfigureAwait(false);
        return null;
    });

    /// <summary>A stream of requests, and exactly one response.</summary>
    internal Task<TResponse> ClientStreamingAsync(StreamContent requests) => RunAsync(async () =>
    {
        _requests = requests;
        await SendAsync(requests, previousAttempts: 0).ConfigureAwait(false);
        return await ReadSingleAsync().ConfigureAwait(false);
    });

    /// <summary>A stream of requests; the responses are then read one by one.</summary>
    internal Task OpenAsync(StreamContent requests) => RunAsync<object?>(async () =>
    {
        _requests = requests;
        await SendAsync(requests, previousAttempts: 0).ConfigureAwait(false);
        return null;
    });

    /// <summary>The next response, or null at the end of a call that ended with OK.</summary>
    internal Task<TResponse?> ReadAsync(CancellationToken ct) => RunAsync(async () =>
    {
        if (_trailers is not null)
            return null;
        TResponse? response = await _reader!.ReadAsync(_method.ResponseMarshaller.ContextualDeserializer, ct).ConfigureAwait(false);
        if (response is null)
            End(lacksResponse: false);
        return response;
    });

    internal Status GetStatus() => _failure?.Status ?? (_trailers is null ? throw NotEnded() : Status.DefaultSuccess);

    internal Metadata GetTrailers() => _failure?.Trailers ?? _trailers ?? throw NotEnded();

    /// <summary>What to throw after the call has failed with the exception.</summary>
    internal RpcException ToRpcException(Exception exception)
    {
        if (_failure is not null)
            return _failure;
        if (exception is RpcException known)
            return known;
        if (Token.IsCancellationRequested)
        {
            return new RpcException(_options.CancellationToken.IsCancellationRequested || _options.Deadline is null
                ? new Status(StatusCode.Cancelled, "the caller cancelled the call", exception)
                : new Status(StatusCode.DeadlineExceeded, $"{_method.FullName} did not end within its deadline", exception));
        }
        return new RpcException(exception is OperationCanceledException
            ? new Status(StatusCode.Cancelled, "the caller cancelled the call", exception)
            : CallErrors.Translate(exception) ?? new Status(StatusCode.Internal, $"the call failed: {exception.Message}", exception));
    }

    /// <summary>Cancels the call if it has not ended.</summary>
    public void Dispose()
    {
        Fail(new RpcException(new Status(StatusCode.Cancelled, "the call was disposed")));
    }

    // Whatever a step throws ends the call, and the caller sees it as a status.
    private async Task<T> RunAsync<T>(Func<Task<T>> step)
    {
        try
        {
            if (_isLate)
                throw new RpcException(new Status(StatusCode.DeadlineExceeded, $"the deadline of {_method.FullName} had passed before it began"));
            if (_failure is not null)
                throw _failure;
            return await step().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Callers of a gRPC client are promised RpcException and nothing else.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            RpcException failure = Fail(ToRpcException(exception));
            _pipe?.Complete(); // here nobody reads any more
            throw failure;
        }
    }

    private async Task OpenWithRetriesAsync(TRequest request)
    {
        if (_channel.Retries is not { } retries)
        {
            await AttemptAsync(0).ConfigureAwait(false);
            return;
        }
        int attempt = 0;
        await retries.ExecuteAsync(async _ => await AttemptAsync(attempt++).ConfigureAwait(false), Token).ConfigureAwait(false);

        async Task AttemptAsync(int previousAttempts)
        {
            var content = SingleContent.Create(request, _method.RequestMarshaller, MaxSendMessageSize);
            try
            {
                await SendAsync(content, previousAttempts).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is not RpcException)
            {
                throw ToRpcException(exception); // what the retry strategy understands
            }
        }
    }

    // Returns when the response has begun; throws if it consists of a status only (Trailers-Only).
    private async Task SendAsync(HttpContent content, int previousAttempts)
    {
        var message = Request(content, previousAttempts);
        HttpResponseMessage response;
        try
        {
            response = await _channel.Http.SendAsync(message, Token).ConfigureAwait(false);
        }
        catch
        {
            message.Dispose();
            throw;
        }
        try
        {
            Begin(response);
        }
        catch
        {
            response.Dispose();
            message.Dispose();
            throw;
        }
    }

    private void Begin(HttpResponseMessage response)
    {
        Metadata metadata = CallErrors.ReadMetadata(response.Headers);
        if (CallErrors.Read(response.Headers) is { } status && status.StatusCode != StatusCode.OK)
            throw new RpcException(status, metadata);
        if (response.StatusCode != HttpStatusCode.OK)
            throw new RpcException(CallErrors.FromHttp(response.StatusCode), metadata);
        if (!GrpcProtocol.IsGrpc(response.Content.Headers.ContentType?.MediaType))
            throw new RpcException(new Status(StatusCode.Unknown, "the answer's content type is not application/grpc"), metadata);
        string? encoding = response.Headers.NonValidated.TryGetValues(GrpcProtocol.EncodingHeader, out var values) ? values.ToString() : null;
        if (!GrpcProtocol.IsSupported(encoding))
            throw new RpcException(new Status(StatusCode.Internal, "the compression of the answer is not supported")); // compression.md
        lock (_ending)
        {
            if (_failure is not null)
                throw _failure;
            _response = response;
            _pipe = PipeReader.Create(response.Content.ReadAsStream(Token), PipeOptions);
            _reader = new MessageReader(_pipe, _channel.Options.MaxReceiveMessageSize, encoding);
        }
        _headers.TrySetResult(metadata);
    }

    private HttpRequestMessage Request(HttpContent content, int previousAttempts)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, _channel.UriOf(_method))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        var headers = message.Headers;
        headers.TryAddWithoutValidation("te", "trailers");
        headers.TryAddWithoutValidation(GrpcProtocol.AcceptEncodingHeader, GrpcProtocol.AcceptedEncodings);
        if (_host is not null)
            headers.Host = _host;
        if (Remaining() is { } remaining)
            headers.TryAddWithoutValidation(GrpcProtocol.TimeoutHeader, GrpcTimeout.Format(remaining));
        if (previousAttempts > 0)
            headers.TryAddWithoutValidation(GrpcProtocol.PreviousAttemptsHeader, previousAttempts.ToString(CultureInfo.InvariantCulture));
        foreach (var entry in _options.Headers ?? Metadata.Empty)
        {
            if (!MetadataWire.IsReserved(entry.Key))
                headers.TryAddWithoutValidation(entry.Key, MetadataWire.Encode(entry));
        }
        return message;
    }

    private async Task<TResponse> ReadSingleAsync()
    {
        var deserializer = _method.ResponseMarshaller.ContextualDeserializer;
        TResponse? response = await _reader!.ReadAsync(deserializer, Token).ConfigureAwait(false);
        if (response is not null && await _reader.ReadAsync(deserializer, Token).ConfigureAwait(false) is not null)
            throw new RpcException(new Status(StatusCode.Unimplemented, "the answer carries more than one response")); // statuscodes.md
        End(lacksResponse: response is null);
        return response!;
    }

    // At the end of the body: the status decides. A Trailers-Only answer has it in the headers.
    private void End(bool lacksResponse)
    {
        HttpResponseMessage response = _response!;
        HttpHeaders source = response.TrailingHeaders.NonValidated.Contains(GrpcProtocol.StatusHeader) ? response.TrailingHeaders : response.Headers;
        Metadata trailers = CallErrors.ReadMetadata(source);
        Status status = CallErrors.Read(source) ?? new Status(StatusCode.Unknown, "the answer carries no status");
        if (status.StatusCode != StatusCode.OK)
            throw new RpcException(status, trailers);
        if (lacksResponse)
            throw new RpcException(new Status(StatusCode.Unimplemented, "the answer carries no response"), trailers); // statuscodes.md
        lock (_ending)
        {
            if (_failure is not null)
                throw _failure;
            _trailers = trailers;
        }
        _pipe!.Complete();
        CleanUp();
    }

    // The first end counts; a call that has ended with OK stays so.
    private RpcException Fail(RpcException failure)
    {
        lock (_ending)
        {
            if (_failure is not null || _trailers is not null)
                return _failure ?? failure;
            _failure = failure;
        }
        if (_headers.TrySetException(failure))
            _ = _headers.Task.Exception; // observed: most callers never ask for the headers
        _source.Cancel(); // resets the stream if it is still open
        CleanUp();
        return failure;
    }

    private void CleanUp()
    {
        _callerRegistration.Dispose();
        _requests?.Abort();
        _response?.Dispose();
        _response?.RequestMessage?.Dispose();
        _source.Dispose();
    }

    private TimeSpan? Remaining() => _options.Deadline is { } deadline && deadline != DateTime.MaxValue
        ? deadline.ToUniversalTime() - _channel.Options.Clock.GetUtcNow().UtcDateTime
        : null;

    private static InvalidOperationException NotEnded() => new("the call has not ended");
}
