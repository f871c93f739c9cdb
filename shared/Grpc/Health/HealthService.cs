using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Grpc.HealthCheck;

/// <summary>Which health checks count for which gRPC service.</summary>
public sealed class GrpcHealthChecksOptions
{
    /// <summary>Service names with the checks that count for them. The empty name stands for the whole server; all checks count for it.</summary>
    public IDictionary<string, Func<HealthCheckRegistration, bool>> Services { get; } =
        new Dictionary<string, Func<HealthCheckRegistration, bool>> { [""] = static _ => true };

    /// <summary>How often a watched state is looked at.</summary>
    public TimeSpan WatchInterval { get; set; } = TimeSpan.FromSeconds(5);
}

/// <summary><c>grpc.health.v1.Health</c> over the health checks of the application.</summary>
internal sealed class HealthService(HealthCheckService checks, IOptions<GrpcHealthChecksOptions> options, TimeProvider clock)
    : Grpc.Health.V1.Health.HealthBase
{
    public override async Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        var status = await StatusAsync(request.Service, context.CancellationToken)
            ?? throw new RpcException(new Status(StatusCode.NotFound, $"no service is named '{request.Service}'"));
        return new HealthCheckResponse { Status = status };
    }

    public override async Task Watch(
        HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        using var timer = new PeriodicTimer(options.Value.WatchInterval, clock);
        ServingStatus? told = null;
        do
        {
            var status = await StatusAsync(request.Service, context.CancellationToken) ?? ServingStatus.ServiceUnknown;
            if (status != told)
                await responseStream.WriteAsync(new HealthCheckResponse { Status = status });
            told = status;
        }
        while (await timer.WaitForNextTickAsync(context.CancellationToken));
    }

    private async Task<ServingStatus?> StatusAsync(string service, CancellationToken ct)
    {
        if (!options.Value.Services.TryGetValue(service, out var counts))
            return null;
        HealthReport report = await checks.CheckHealthAsync(counts, ct);
        return report.Status == HealthStatus.Unhealthy ? ServingStatus.NotServing : ServingStatus.Serving;
    }
}
