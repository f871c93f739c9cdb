using System.Data.Common;
using MassTransit;
using Pechat.Contracts;
using Pechat.Hosting;

namespace Pechat.Messaging;

/// <summary>MassTransit on RabbitMQ as the house uses it.</summary>
public static class MessagingRegistration
{
    private const int OutageTries = 2000; // hours; before that the broker redelivers by its own timeout
    private static readonly TimeSpan LongestRetryInterval = TimeSpan.FromSeconds(5);

    /// <summary>Adds the bus with the consumers named, the outbox relay and a readiness check. Call AddDatabase as well.</summary>
    /// <param name="builder">The builder of Program.cs.</param>
    /// <param name="consumers">Registers each consumer by name; there is no scanning.</param>
    public static WebApplicationBuilder AddMessaging(this WebApplicationBuilder builder, Action<IBusRegistrationConfigurator>? consumers = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddValidatedOptions<MessagingOptions>("Messaging");
        builder.Services.AddMassTransit(bus =>
        {
            // Built late: AddDefaults has registered the name by the time the endpoints are named.
            string service = builder.Services.Select(s => s.ImplementationInstance).OfType<ServiceName>().Single().Value;
            bus.SetEndpointNameFormatter(new QueueNames(service));
            consumers?.Invoke(bus);
            bus.UsingRabbitMq((context, rabbit) =>
            {
                var options = context.GetRequiredService<MessagingOptions>();
                rabbit.Host(options.Host, options.Port, options.VirtualHost, service, host =>
                {
                    host.Username(options.User);
                    host.Password(File.ReadAllText(options.PasswordFile).Trim());
                    host.PublisherConfirmation = true;
                    host.Heartbeat(TimeSpan.FromSeconds(10));
                    if (options.Tls)
                        host.UseSsl(ssl => ssl.ServerName = options.Host);
                });
                rabbit.PrefetchCount = options.Prefetch;
                rabbit.ConfigureEndpoints(context);
            });
            bus.AddConfigureEndpointsCallback((context, _, endpoint) => ConfigureEndpoint(endpoint, context.GetRequiredService<MessagingOptions>()));
        });
        builder.Services.AddOptions<MassTransitHostOptions>().Configure(host =>
        {
            host.WaitUntilStarted = false; // a service starts without the broker and says so in its readiness
            host.StopTimeout = TimeSpan.FromSeconds(15);
        });
        builder.Services.AddSingleton<BrokerReadiness>();
        builder.AddReadiness("broker", (services, _) => Task.FromResult(services.GetRequiredService<BrokerReadiness>().Check()));
        return builder.AddBackground<OutboxRelay>().AddBackground<TableCleaner>();
    }

    private static void ConfigureEndpoint(IReceiveEndpointConfigurator endpoint, MessagingOptions options)
    {
        if (endpoint is IRabbitMqReceiveEndpointConfigurator queue)
            queue.SetQuorumQueue();
        // Outer filter: while a dependency is down the message waits in hand, and prefetch keeps the rest in the queue.
        endpoint.UseMessageRetry(retry =>
        {
            retry.Handle<DbException>(e => e.IsTransient);
            retry.Handle<FaultException>(e => e.Kind == FaultKind.Unavailable);
            retry.Exponential(OutageTries, options.RetryInterval, LongestRetryInterval, options.RetryInterval);
        });
        // Inner filter: anything else gets a few tries, then the _error queue.
        endpoint.UseMessageRetry(retry =>
        {
            retry.Ignore<DbException>(e => e.IsTransient);
            retry.Ignore<FaultException>(e => e.Kind == FaultKind.Unavailable);
            retry.Exponential(options.Retries, options.RetryInterval, LongestRetryInterval, options.RetryInterval);
        });
    }
}
