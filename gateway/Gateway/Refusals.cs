using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Yarp.ReverseProxy.Forwarder;

namespace Pechat.Gateway;

/// <summary>What the gateway refuses itself: too much, too large, nobody there. Each in the form of the surface.</summary>
internal static class Refusals
{
    private const int RetryAfterSeconds = 1;

    internal static void AddRateLimits(this WebApplicationBuilder builder)
    {
        builder.Services.AddRateLimiter(_ => { });
        builder.Services.AddOptions<RateLimiterOptions>().Configure<GatewayOptions>((limiter, options) =>
        {
            limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, (string Surface, string Client)>(context =>
            {
                string surface = DoorPolicy.Of(context.GetEndpoint())?.Name ?? RateLimit.DefaultName;
                // An IPv6 client owns a whole /64, so that is what is counted.
                return RateLimitPartition.GetTokenBucketLimiter((surface, ClientOf(context)), _ => Bucket(options, surface));
            });
            limiter.OnRejected = async (context, ct) =>
                await WriteAsync(context.HttpContext, StatusCodes.Status429TooManyRequests, "too_many_requests", "Too many requests; try again shortly", ct);
        });
    }

    /// <summary>Refuses what announces a larger body than its surface takes, and says why when a peer cannot be reached.</summary>
    internal static async Task Guard(HttpContext context, RequestDelegate next)
    {
        Surface? surface = DoorPolicy.Of(context.GetEndpoint());
        if (surface is not null && context.Request.ContentLength > surface.MaxBodyBytes)
        {
            await WriteAsync(context, StatusCodes.Status413PayloadTooLarge, "request_too_large",
                $"The request body may have at most {surface.MaxBodyBytes} bytes", context.RequestAborted);
            return;
        }
        await next(context);
        if (surface is null || context.Response.HasStarted || context.GetForwarderErrorFeature() is not { } failure)
            return;
        if (failure.Error is ForwarderError.RequestBodyClient && context.Response.StatusCode == StatusCodes.Status413PayloadTooLarge)
            await WriteAsync(context, StatusCodes.Status413PayloadTooLarge, "request_too_large",
                $"The request body may have at most {surface.MaxBodyBytes} bytes", context.RequestAborted);
        else if (context.Response.StatusCode is StatusCodes.Status502BadGateway or StatusCodes.Status503ServiceUnavailable or StatusCodes.Status504GatewayTimeout)
            await WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "temporarily_unavailable",
                "The service cannot be reached at the moment; try again shortly", context.RequestAborted);
    }

    private static TokenBucketRateLimiterOptions Bucket(GatewayOptions options, string surface)
    {
        RateLimit limit = options.RateLimits.GetValueOrDefault(surface) ?? Surface.All.FirstOrDefault(each => each.Name == surface)?.Limit
            ?? options.RateLimits.GetValueOrDefault(RateLimit.DefaultName) ?? new RateLimit();
        return new()
        {
            TokenLimit = limit.Burst,
            TokensPerPeriod = Math.Max(1, limit.PerSecond / 10),
            ReplenishmentPeriod = limit.PerSecond >= 10 ? TimeSpan.FromMilliseconds(100) : TimeSpan.FromSeconds(1.0 / limit.PerSecond),
            QueueLimit = 0,
        };
    }

    private static string ClientOf(HttpContext context)
    {
        System.Net.IPAddress? address = context.Connection.RemoteIpAddress;
        if (address is null)
            return "";
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        return address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6
            ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8))
            : address.ToString();
    }

    private static async Task WriteAsync(HttpContext context, int status, string code, string detail, CancellationToken ct)
    {
        HttpResponse response = context.Response;
        response.StatusCode = status;
        if (status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
            response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        if (DoorPolicy.Of(context.GetEndpoint())?.ErrorForm == ErrorForm.Csc)
            await response.WriteAsJsonAsync(new { error = code, error_description = detail }, ct);
        else
            await Results.Problem(statusCode: status, detail: detail, extensions: new Dictionary<string, object?> { ["code"] = code }).ExecuteAsync(context);
    }
}
