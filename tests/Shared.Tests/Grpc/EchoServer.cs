using System.Net;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Pechat.Testing;

namespace Pechat.Shared.Tests.Calls;

/// <summary>The echo service on Kestrel, HTTP/2 without TLS, on a free port.</summary>
internal sealed class EchoServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private EchoServer(WebApplication app, LogAssertions log) => (_app, Log) = (app, log);

    internal LogAssertions Log { get; }

    internal Uri Address => new(_app.Urls.Single());

    internal IServiceProvider Services => _app.Services;

    internal static async Task<EchoServer> StartAsync(
        Action<GrpcServiceOptions>? options = null, Action<WebApplicationBuilder>? configure = null, Action<WebApplication>? map = null)
    {
        var log = new LogAssertions();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Information);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc(options ?? (_ => { }));
        builder.Services.AddGrpcHealthChecks();
        configure?.Invoke(builder);
        var app = builder.Build();
        app.MapGrpcService<EchoService>();
        app.MapGrpcHealthChecksService();
        map?.Invoke(app);
        await app.StartAsync();
        return new EchoServer(app, log);
    }

    internal GrpcChannel Channel(Action<GrpcChannelOptions>? configure = null)
    {
        var options = new GrpcChannelOptions();
        configure?.Invoke(options);
        return GrpcChannel.ForAddress(Address, options);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Log.Verify();
    }
}
