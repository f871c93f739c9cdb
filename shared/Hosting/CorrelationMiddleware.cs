namespace Pechat.Hosting;

/// <summary>Gives each request a correlation id, which its log lines, its answer and its calls to peers carry.</summary>
internal sealed class CorrelationMiddleware(RequestDelegate next, ILogger<CorrelationMiddleware> logger)
{
    internal const string Header = "X-Correlation-Id";
    private const int MaxLength = 64;
    private static readonly Func<ILogger, string, IDisposable?> Scope = LoggerMessage.DefineScope<string>("{CorrelationId}");

    public async Task InvokeAsync(HttpContext context)
    {
        string? given = context.Request.Headers[Header];
        // A peer hands on the id it got; from anyone else it is a stranger's text and is replaced.
        string id = context.Peer() is not null && IsId(given) ? given! : Guid.CreateVersion7().ToString("N");
        context.Features.Set(new CorrelationId(id));
        context.Response.OnStarting(() =>
        {
            context.Response.Headers[Header] = id;
            return Task.CompletedTask;
        });
        using (Scope(logger, id))
            await next(context);
    }

    private static bool IsId(string? value) => value is { Length: > 0 and <= MaxLength } && value.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');
}

/// <summary>The correlation id of the request in progress.</summary>
internal sealed record CorrelationId(string Value);

/// <summary>Hands the correlation id on to a peer.</summary>
internal sealed class CorrelationHandler(IHttpContextAccessor accessor) : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (accessor.HttpContext?.Features.Get<CorrelationId>() is { } id && !request.Headers.Contains(CorrelationMiddleware.Header))
            request.Headers.Add(CorrelationMiddleware.Header, id.Value);
        return base.SendAsync(request, cancellationToken);
    }
}
