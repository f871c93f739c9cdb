using Grpc.AspNetCore.Server;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Grpc.AspNetCore.Server
{
    /// <summary>Configures gRPC services further.</summary>
    public interface IGrpcServerBuilder
    {
        /// <summary>The services of the application.</summary>
        Microsoft.Extensions.DependencyInjection.IServiceCollection Services { get; }
    }

    internal sealed record GrpcServerBuilder(Microsoft.Extensions.DependencyInjection.IServiceCollection Services) : IGrpcServerBuilder;
}

namespace Microsoft.Extensions.DependencyInjection
{
    /// <summary>Adds gRPC services to an application.</summary>
    public static class GrpcServicesExtensions
    {
        /// <summary>Adds what gRPC services need.</summary>
        public static IGrpcServerBuilder AddGrpc(this IServiceCollection services)
        {
            services.AddRouting();
            services.AddOptions<GrpcServiceOptions>();
            services.TryAddSingleton(TimeProvider.System);
            services.TryAddSingleton<GrpcServerCore>();
            return new GrpcServerBuilder(services);
        }

        /// <summary>Adds what gRPC services need and sets their options.</summary>
        public static IGrpcServerBuilder AddGrpc(this IServiceCollection services, Action<GrpcServiceOptions> configureOptions)
        {
            services.Configure(configureOptions);
            return services.AddGrpc();
        }
    }
}
