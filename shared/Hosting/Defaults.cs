using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Console;

namespace Pechat.Hosting;

/// <summary>Name of the running service in kebab case, e.g. <c>signature-activation</c>.</summary>
/// <param name="Value">The name.</param>
public sealed record ServiceName(string Value);

/// <summary>What every service of the house has in common.</summary>
public static class Defaults
{
    /// <summary>Configuration key and environment variable that name the JSON configuration file.</summary>
    public const string ConfigurationFileKey = "PECHAT_CONFIG";

    /// <summary>Adds configuration, clock, listeners, telemetry, health, JSON rules and fault translation.</summary>
    /// <param name="builder">The builder of Program.cs.</param>
    /// <param name="service">Name in kebab case; also the name in the service's internal certificate.</param>
    public static WebApplicationBuilder AddDefaults(this WebApplicationBuilder builder, string service)
    {
        ArgumentNullException.ThrowIfNull(builder);
        AddConfigurationFile(builder.Configuration);
        IServiceCollection services = builder.Services;
        services.AddSingleton(new ServiceName(service));
        services.AddSingleton(TimeProvider.System);
        services.AddValidatedOptions<HostingOptions>("Hosting").AllowSection("Peers").AllowSection("Tokens").AllowSection("Kestrel");
        services.AddSingleton<PeerCertificates>();
        services.AddHttpContextAccessor();
        services.AddHealthChecks().AddCheck<RunningCheck>("running", tags: [HealthEndpoints.ReadyTag]);
        services.AddOptions<HostOptions>().Configure<HostingOptions>((host, options) => host.ShutdownTimeout = options.ShutdownTimeout);
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true); // so that the translator of the surface answers
        services.ConfigureHttpJsonOptions(json => ApplyJsonRules(json.SerializerOptions));
        services.AddTelemetry(service);
        AddLogging(builder.Logging);
        builder.WebHost.ConfigureKestrel(Listeners.Configure);
        services.AddGrpc(grpc => grpc.Interceptors.Add<GrpcServerInterceptor>());
        services.AddSingleton<GrpcServerInterceptor>().AddSingleton<GrpcClientInterceptor>();
        return builder;
    }

    /// <summary>Checks the configuration and adds the middleware; call it first after <c>Build</c>.</summary>
    /// <exception cref="ConfigurationException">The configuration is refused.</exception>
    public static WebApplication MapDefaults(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        ValidatedOptions.ThrowIfRefused(app.Services);
        app.MapWhen(context => context.Features.Get<HealthListener>() is not null, HealthEndpoints.Map);
        app.UseMiddleware<CorrelationMiddleware>();
        app.UseMiddleware<FaultMiddleware>();
        app.UseMiddleware<PeerMiddleware>();
        app.Use((context, next) =>
        {
            // gRPC limits each message instead: a stream as a whole may be long.
            if (context.Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) == true
                && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
                limit.MaxRequestBodySize = null;
            return next(context);
        });
        if (app.Services.GetService<AccessTokens>() is not null)
            app.UseMiddleware<AccessMiddleware>();
        return app;
    }

    /// <summary>The JSON rules of all our REST surfaces: camelCase, nulls left out, numbers as numbers, no duplicate member, no trailing data.</summary>
    public static void ApplyJsonRules(JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.PropertyNameCaseInsensitive = false;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.AllowDuplicateProperties = false;
        options.AllowTrailingCommas = false;
        options.RespectNullableAnnotations = true;
        options.MaxDepth = 32;
    }

    /// <summary>Puts the file that <see cref="ConfigurationFileKey"/> names on top of the other sources.</summary>
    public static void AddConfigurationFile(IConfigurationManager configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        if (configuration[ConfigurationFileKey] is { Length: > 0 } file)
            configuration.AddJsonFile(Path.GetFullPath(file), optional: false, reloadOnChange: false);
    }

    private static void AddLogging(ILoggingBuilder logging)
    {
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.IncludeScopes = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            console.ColorBehavior = LoggerColorBehavior.Disabled;
        });
        // At Information these write request URLs, which may hold codes, and several lines per request.
        logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        logging.AddFilter("System.Net.Http.HttpClient", LogLevel.Warning);
        logging.AddFilter("MassTransit", LogLevel.Warning);
        // An unhealthy answer goes to whoever asked; each question again as an Error in the log would drown what is one.
        logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.Critical);
        logging.Configure(options => options.ActivityTrackingOptions = ActivityTrackingOptions.TraceId);
    }
}
