using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Pechat.Hosting;

/// <summary>Traces and metrics by OTLP; the libraries emit activities and meters themselves.</summary>
internal static class Telemetry
{
    private static readonly string[] Sources = ["Microsoft.AspNetCore", "System.Net.Http", "Npgsql", "MassTransit", "Pechat.*"];
    private static readonly string[] Meters =
        ["Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime", "Npgsql", "MassTransit", "Pechat.*"];

    internal static void AddTelemetry(this IServiceCollection services, string service)
    {
        services.AddSingleton(provider => new Providers(service, provider.GetRequiredService<HostingOptions>()));
        services.AddHostedService(provider => provider.GetRequiredService<Providers>());
    }

    /// <summary>Holds the providers from start to stop; disposing them flushes what is left.</summary>
    private sealed class Providers(string service, HostingOptions options) : IHostedService, IDisposable
    {
        private TracerProvider? _traces;
        private MeterProvider? _metrics;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            if (string.IsNullOrEmpty(options.OtlpEndpoint))
                return Task.CompletedTask;
            void Otlp(OtlpExporterOptions otlp) => otlp.Endpoint = new Uri(options.OtlpEndpoint);
            ResourceBuilder resource = ResourceBuilder.CreateDefault().AddService("pechat-" + service);
            _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(Sources).AddOtlpExporter(Otlp).Build();
            _metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(Meters).AddOtlpExporter(Otlp).Build();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose()
        {
            _traces?.Dispose();
            _metrics?.Dispose();
        }
    }
}
