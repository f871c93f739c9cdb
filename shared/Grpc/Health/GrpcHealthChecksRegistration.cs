using Grpc.HealthCheck;
using Microsoft.AspNetCore.Routing;

namespace Microsoft.Extensions.DependencyInjection
{
    /// <summary>Adds the gRPC health service to an application.</summary>
    public static class GrpcHealthChecksServiceExtensions
    {
        /// <summary>Adds health checks that the gRPC health service answers from.</summary>
        public static IHealthChecksBuilder AddGrpcHealthChecks(this IServiceCollection services) =>
            services.AddGrpcHealthChecks(static _ => { });

        /// <summary>Adds health checks that the gRPC health service answers from, and says which count for which service.</summary>
        public static IHealthChecksBuilder AddGrpcHealthChecks(this IServiceCollection services, Action<GrpcHealthChecksOptions> configure)
        {
            services.AddGrpc();
            services.Configure(configure);
            return services.AddHealthChecks();
        }
    }
}

namespace Microsoft.AspNetCore.Builder
{
    /// <summary>Routes calls to the gRPC health service.</summary>
    public static class GrpcHealthChecksEndpointRouteBuilderExtensions
    {
        /// <summary>Routes calls to <c>grpc.health.v1.Health</c>.</summary>
        public static GrpcServiceEndpointConventionBuilder MapGrpcHealthChecksService(this IEndpointRouteBuilder builder) =>
            builder.MapGrpcService<HealthService>();
    }
}
