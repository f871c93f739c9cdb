using System.Diagnostics.CodeAnalysis;
using System.Net;
using Grpc.Core;

namespace Pechat.Hosting;

/// <summary>Clients of other services over mutual TLS; addresses come from section <c>Peers</c>.</summary>
public static class Peers
{
    /// <summary>Adds the named <see cref="HttpClient"/> <paramref name="service"/> for REST of a peer.</summary>
    public static WebApplicationBuilder AddPeerHttp(this WebApplicationBuilder builder, string service)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddPeerAddress(service);
        builder.Services.AddHttpClient(service, (services, client) =>
            {
                client.BaseAddress = AddressOf(services, service);
                client.Timeout = TimeSpan.FromSeconds(10);
                client.DefaultRequestVersion = HttpVersion.Version20;
                client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
            })
            .UsePeerConnection(service);
        return builder;
    }

    /// <summary>
    /// Adds a generated gRPC client of a peer. Calls without a deadline get one of 10 s, calls made while a gRPC call is served end
    /// with it, and a refusal of the peer arrives as the <see cref="Contracts.FaultException"/> that it threw.
    /// </summary>
    [SuppressMessage("Design", "CA1004", Justification = "The client type is what is registered.")]
    public static WebApplicationBuilder AddPeer<TClient>(this WebApplicationBuilder builder, string service) where TClient : ClientBase
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddPeerAddress(service);
        builder.Services.AddGrpcClient<TClient>((services, options) => options.Address = AddressOf(services, service))
            .UsePeerConnection(service)
            .AddInterceptor<GrpcClientInterceptor>()
            .EnableCallContextPropagation();
        return builder;
    }

    /// <summary>Demands at start that the address of a peer is configured.</summary>
    internal static void AddPeerAddress(this WebApplicationBuilder builder, string service)
    {
        if (builder.Services.Any(s => s.ImplementationInstance is PeerAddress known && known.Service == service))
            return;
        var address = new PeerAddress(service);
        builder.Services.AddSingleton(address).AddSingleton<IConfigurationProblem>(address);
        builder.Services.AddTransient<CorrelationHandler>();
    }

    internal static Uri AddressOf(IServiceProvider services, string service) => new(services.GetRequiredService<IConfiguration>()[$"Peers:{service}"]!);

    /// <summary>Connections that show our certificate and accept only the peer of that name.</summary>
    internal static IHttpClientBuilder UsePeerConnection(this IHttpClientBuilder client, string service) => client
        .ConfigurePrimaryHttpMessageHandler(services => new SocketsHttpHandler
        {
            SslOptions = services.GetRequiredService<PeerCertificates>().ClientOptions(service),
            EnableMultipleHttp2Connections = true,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5), // so that new addresses and certificates are picked up
            ConnectTimeout = TimeSpan.FromSeconds(3),
            KeepAlivePingDelay = TimeSpan.FromSeconds(15),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
        })
        .SetHandlerLifetime(Timeout.InfiniteTimeSpan) // the pool renews its connections itself
        .AddHttpMessageHandler<CorrelationHandler>()
        .RemoveAllLoggers();

    private sealed record PeerAddress(string Service) : IConfigurationProblem
    {
        public IEnumerable<string> Find(IConfiguration configuration)
        {
            string? value = configuration[$"Peers:{Service}"];
            if (!Uri.TryCreate(value, UriKind.Absolute, out Uri? uri) || uri.Scheme != Uri.UriSchemeHttps)
                yield return $"Peers:{Service}: must be an absolute https URL";
        }
    }
}
