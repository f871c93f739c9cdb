using System.Globalization;
using Grpc.Core;
using Grpc.Core.Wire;
using Polly;
using Polly.Retry;

namespace Grpc.Net.Client;

internal static class RetryStrategy
{
    internal static ResiliencePipeline? Build(GrpcChannelOptions options)
    {
        GrpcRetryOptions retry = options.Retry;
        if (retry.MaxAttempts <= 1)
            return null;
        return new ResiliencePipelineBuilder { TimeProvider = options.Clock }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = retry.MaxAttempts - 1,
                BackoffType = DelayBackoffType.Exponential,
                Delay = retry.InitialDelay,
                MaxDelay = retry.MaxDelay,
                UseJitter = true,
                ShouldHandle = arguments => ValueTask.FromResult(MayRepeat(arguments.Outcome.Exception)),
                DelayGenerator = arguments => ValueTask.FromResult(Pushback(arguments.Outcome.Exception)),
            })
            .Build();
    }

    // A pushback that is negative or not a number forbids another attempt (gRFC A6).
    private static bool MayRepeat(Exception? exception) =>
        exception is RpcException { StatusCode: StatusCode.Unavailable } unavailable
        && (unavailable.Trailers.GetValue(GrpcProtocol.RetryPushbackHeader) is not { } pushback
            || uint.TryParse(pushback, NumberStyles.None, CultureInfo.InvariantCulture, out _));

    private static TimeSpan? Pushback(Exception? exception) =>
        (exception as RpcException)?.Trailers.GetValue(GrpcProtocol.RetryPushbackHeader) is { } pushback
        && uint.TryParse(pushback, NumberStyles.None, CultureInfo.InvariantCulture, out uint milliseconds)
            ? TimeSpan.FromMilliseconds(milliseconds)
            : null;
}
