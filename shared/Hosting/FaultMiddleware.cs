using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Pechat.Contracts;

namespace Pechat.Hosting;

/// <summary>Turns what a REST handler throws into the answer of its surface; a defect becomes a bare 500, logged once.</summary>
internal sealed partial class FaultMiddleware(RequestDelegate next, ILogger<FaultMiddleware> logger)
{
    private const int ClientClosedRequest = 499;
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted)
        {
            context.Response.StatusCode = ClientClosedRequest; // nobody listens any more
            return;
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            await AnswerAsync(context, e);
            return;
        }
        // Routing answers 404, 405 and 415 with a bare status: they get the body of the surface as well.
        if (context.Response is { HasStarted: false, StatusCode: >= 400 and < 500, ContentLength: null, ContentType: null } && !GrpcCallers.IsGrpc(context))
            await WriteAsync(context, context.Response.StatusCode, CodeOf(context.Response.StatusCode), ReasonPhrases.GetReasonPhrase(context.Response.StatusCode));
    }

    private Task AnswerAsync(HttpContext context, Exception exception)
    {
        context.Response.Clear();
        FaultForm form = FaultSurface.Of(context);
        switch (exception)
        {
            case FaultException fault:
                if (fault.Kind == FaultKind.Unavailable)
                    Unavailable(logger, fault.Code, fault.InnerException);
                else
                    Refused(logger, fault.Code);
                return WriteAsync(context, FaultSurface.Status(form, fault.Kind), fault.Code, fault.Message, fault.RetryAfter);
            case BadHttpRequestException bad:
                return WriteAsync(context, bad.StatusCode, CodeOf(bad.StatusCode), DetailOf(bad));
            case DbException { IsTransient: true }:
                Unavailable(logger, "database_unavailable", exception);
                return WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "temporarily_unavailable", "the service cannot reach its database; try again");
            default:
                Defect(logger, exception);
                return WriteAsync(context, StatusCodes.Status500InternalServerError, form == FaultForm.Problem ? "internal_error" : "server_error", null);
        }
    }

    private static Task WriteAsync(HttpContext context, int status, string code, string? detail, TimeSpan? retryAfter = null)
    {
        HttpResponse response = context.Response;
        response.StatusCode = status;
        FaultForm form = FaultSurface.Of(context);
        if (status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
            response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(retryAfter?.TotalSeconds ?? 1)).ToString(CultureInfo.InvariantCulture);
        if (status == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = form == FaultForm.OAuth ? "Basic realm=\"pechat\"" : $"Bearer error=\"{code}\"";
        response.Headers.CacheControl = "no-store";
        if (form == FaultForm.Csc && context.Request.Headers.Authorization.Count == 0 && context.GetEndpoint()?.Metadata.GetMetadata<AccessMetadata>() is not null)
            response.Headers.WWWAuthenticate = "Bearer"; // the CSC API answers 400 where RFC 6750 has 401
        if (form != FaultForm.Problem)
            return response.WriteAsJsonAsync(
                new { error = code, error_description = detail ?? "The request failed unexpectedly" }, Json, "application/json; charset=utf-8", context.RequestAborted);
        return response.WriteAsJsonAsync(
            new { type = $"urn:pechat:fault:{code}", title = ReasonPhrases.GetReasonPhrase(status), status, detail, code },
            Json, "application/problem+json", context.RequestAborted);
    }

    // Where JSON was wrong is told, what stood there is not.
    private static string DetailOf(BadHttpRequestException bad) => bad.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => "the body is larger than this route accepts",
        StatusCodes.Status415UnsupportedMediaType => "the body must be application/json",
        _ when bad.InnerException is JsonException json => $"the body is not the JSON that this route expects, at {json.Path ?? "$"}",
        _ => "the request is malformed or lacks a value",
    };

    private static string CodeOf(int status) => status switch
    {
        StatusCodes.Status404NotFound => "not_found",
        StatusCodes.Status405MethodNotAllowed => "method_not_allowed",
        StatusCodes.Status413PayloadTooLarge => "request_too_large",
        StatusCodes.Status415UnsupportedMediaType => "unsupported_media_type",
        StatusCodes.Status429TooManyRequests => "too_many_requests",
        _ => "invalid_request",
    };

    [LoggerMessage(121, LogLevel.Information, "Refused with {Code}")]
    private static partial void Refused(ILogger logger, string code);

    [LoggerMessage(122, LogLevel.Warning, "Unavailable: {Code}")]
    private static partial void Unavailable(ILogger logger, string code, Exception? exception);

    [LoggerMessage(123, LogLevel.Error, "A request failed by a defect")]
    private static partial void Defect(ILogger logger, Exception exception);
}
