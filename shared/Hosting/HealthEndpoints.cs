using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Pechat.Hosting;

/// <summary>Liveness and readiness on the plain health port.</summary>
public static class HealthEndpoints
{
    internal const string ReadyTag = "pechat-ready";
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(3);

    /// <summary>Contributes to <c>/health/ready</c>. A check that throws or takes more than 3 s counts as unhealthy.</summary>
    /// <param name="builder">The builder of Program.cs.</param>
    /// <param name="name">What is checked, e.g. <c>database</c>.</param>
    /// <param name="check">The check; it gets the service provider.</param>
    public static WebApplicationBuilder AddReadiness(
        this WebApplicationBuilder builder, string name, Func<IServiceProvider, CancellationToken, Task<HealthCheckResult>> check)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            name, services => new DelegateCheck(services, check), HealthStatus.Unhealthy, [ReadyTag], CheckTimeout));
        return builder;
    }

    /// <summary>Contributes a check that succeeds by returning and fails by throwing.</summary>
    public static WebApplicationBuilder AddReadiness(this WebApplicationBuilder builder, string name, Func<IServiceProvider, CancellationToken, Task> check) =>
        builder.AddReadiness(name, async (services, ct) =>
        {
            await check(services, ct);
            return HealthCheckResult.Healthy();
        });

    internal static void Map(IApplicationBuilder health)
    {
        health.UseHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
        health.UseHealthChecks("/health/ready", new HealthCheckOptions
        {
            Predicate = check => check.Tags.Contains(ReadyTag),
            ResponseWriter = (context, report) => context.Response.WriteAsJsonAsync(new
            {
                status = report.Status.ToString(),
                checks = report.Entries.ToDictionary(e => e.Key, e => e.Value.Status.ToString()),
            }),
        });
        health.Run(context =>
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
    }

    private sealed class DelegateCheck(IServiceProvider services, Func<IServiceProvider, CancellationToken, Task<HealthCheckResult>> check) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            check(services, cancellationToken);
    }
}

/// <summary>Not ready before every listener is bound, and once the order to stop has come, so that no work is sent here too early or too late.</summary>
internal sealed class RunningCheck(IHostApplicationLifetime lifetime) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult((lifetime.ApplicationStarted.IsCancellationRequested, lifetime.ApplicationStopping.IsCancellationRequested) switch
        {
            (_, true) => HealthCheckResult.Unhealthy("stopping"),
            (false, _) => HealthCheckResult.Unhealthy("starting"),
            _ => HealthCheckResult.Healthy(),
        });
}
