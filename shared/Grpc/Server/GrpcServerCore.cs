using Grpc.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.Server;

/// <summary>What all calls of a server share.</summary>
internal sealed partial class GrpcServerCore(IOptions<GrpcServiceOptions> options, TimeProvider clock, ILogger<GrpcServerCore> logger)
{
    internal GrpcServiceOptions Options { get; } = options.Value;

    internal TimeProvider Clock { get; } = clock;

    internal void LogRefusal(string method, Status status) => Refused(logger, method, status.StatusCode, status.Detail);

    internal void LogDefect(string method, Exception exception) => Failed(logger, exception, method);

    internal void LogEarlyEnd(string method, StatusCode status) => EndedEarly(logger, method, status);

    [LoggerMessage(9101, LogLevel.Error, "{Method} failed unexpectedly")]
    private static partial void Failed(ILogger logger, Exception exception, string method);

    [LoggerMessage(9102, LogLevel.Information, "{Method} was refused with {Status}: {Detail}")]
    private static partial void Refused(ILogger logger, string method, StatusCode status, string detail);

    [LoggerMessage(9103, LogLevel.Information, "{Method} ended early: {Status}")]
    private static partial void EndedEarly(ILogger logger, string method, StatusCode status);
}
