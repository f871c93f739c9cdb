using MassTransit;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Pechat.Messaging;

/// <summary>
/// Not ready until the queues have been bound once, because events published before would be lost; after that an outage of the
/// broker only degrades the service: its outbox keeps what it has to say.
/// </summary>
internal sealed class BrokerReadiness(IBusControl bus)
{
    private volatile bool _wasConnected;

    internal HealthCheckResult Check()
    {
        BusHealthResult health = bus.CheckHealth();
        if (health.Status == BusHealthStatus.Healthy)
        {
            _wasConnected = true;
            return HealthCheckResult.Healthy();
        }
        return _wasConnected ? HealthCheckResult.Degraded(health.Description) : HealthCheckResult.Unhealthy(health.Description);
    }
}
