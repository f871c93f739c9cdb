using System.Diagnostics.CodeAnalysis;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Grpc.Net.ClientFactory;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds generated gRPC clients to an application.</summary>
public static class GrpcClientServiceExtensions
{
    /// <summary>
    /// Adds a generated client. All its instances share one channel, whose primary handler
    /// <see cref="HttpClientBuilderExtensions.ConfigurePrimaryHttpMessageHandler(IHttpClientBuilder, Func{HttpMessageHandler})"/> may replace;
    /// a <see cref="SocketsHttpHandler"/> is tuned by <see cref="GrpcHandler.Tune"/> in any case.
    /// </summary>
    [SuppressMessage("Design", "CA1004", Justification = "The shape of Grpc.Net.ClientFactory.")]
    public static IHttpClientBuilder AddGrpcClient<TClient>(
        this IServiceCollection services, Action<IServiceProvider, GrpcClientFactoryOptions> configureClient)
        where TClient : ClientBase
    {
        string name = typeof(TClient).FullName!;
        services.AddOptions<GrpcClientFactoryOptions>(name).Configure<IServiceProvider>((options, provider) => configureClient(provider, options));
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<GrpcClientChannels>();
        var factory = ActivatorUtilities.CreateFactory<TClient>([typeof(CallInvoker)]);
        services.TryAddTransient(provider => factory(provider, [provider.GetRequiredService<GrpcClientChannels>().Invoker(name)]));
        var builder = services.AddHttpClient(name).SetHandlerLifetime(Timeout.InfiniteTimeSpan); // the handler renews its connections itself
        builder.ConfigurePrimaryHttpMessageHandler(GrpcHandler.Create);
        services.AddSingleton<IHttpMessageHandlerBuilderFilter>(new TuneHandler(name));
        return builder;
    }

    /// <summary>Adds a generated client; see the other overload.</summary>
    [SuppressMessage("Design", "CA1004", Justification = "The shape of Grpc.Net.ClientFactory.")]
    public static IHttpClientBuilder AddGrpcClient<TClient>(this IServiceCollection services, Action<GrpcClientFactoryOptions> configureClient)
        where TClient : ClientBase => services.AddGrpcClient<TClient>((_, options) => configureClient(options));

    /// <summary>Adds an interceptor made with the services; it is made once and must be thread-safe.</summary>
    public static IHttpClientBuilder AddInterceptor(this IHttpClientBuilder builder, Func<IServiceProvider, Interceptor> configureInvoker)
    {
        builder.Services.Configure<GrpcClientFactoryOptions>(builder.Name, options => options.InterceptorRegistrations.Add(configureInvoker));
        return builder;
    }

    /// <summary>Adds an interceptor; it must be thread-safe.</summary>
    public static IHttpClientBuilder AddInterceptor(this IHttpClientBuilder builder, Func<Interceptor> configureInvoker) =>
        builder.AddInterceptor(_ => configureInvoker());

    /// <summary>Adds a registered interceptor; it is resolved once and must be thread-safe.</summary>
    [SuppressMessage("Design", "CA1004", Justification = "The shape of Grpc.Net.ClientFactory.")]
    public static IHttpClientBuilder AddInterceptor<TInterceptor>(this IHttpClientBuilder builder)
        where TInterceptor : Interceptor => builder.AddInterceptor(services => services.GetRequiredService<TInterceptor>());

    /// <summary>Sets options of the channel.</summary>
    public static IHttpClientBuilder ConfigureChannel(this IHttpClientBuilder builder, Action<GrpcChannelOptions> configureChannel)
    {
        builder.Services.Configure<GrpcClientFactoryOptions>(builder.Name, options => options.ChannelOptionsActions.Add(configureChannel));
        return builder;
    }

    /// <summary>
    /// Lets calls made while a gRPC call is served end with it: they inherit its cancellation and its deadline, if that is earlier.
    /// Elsewhere calls are not changed.
    /// </summary>
    public static IHttpClientBuilder EnableCallContextPropagation(this IHttpClientBuilder builder)
    {
        builder.Services.AddHttpContextAccessor();
        builder.Services.TryAddSingleton<ContextPropagation>();
        return builder.AddInterceptor<ContextPropagation>();
    }

    // Runs after all configuration, so that a replaced primary handler is tuned too.
    private sealed class TuneHandler(string name) : IHttpMessageHandlerBuilderFilter
    {
        public Action<HttpMessageHandlerBuilder> Configure(Action<HttpMessageHandlerBuilder> next) => builder =>
        {
            next(builder);
            if (builder.Name == name && builder.PrimaryHandler is SocketsHttpHandler handler)
                GrpcHandler.Tune(handler);
        };
    }
}
