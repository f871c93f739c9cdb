namespace Pechat.DevHost.Servers;

/// <summary>PostgreSQL and RabbitMQ for tests, on their own ports and in their own directory.</summary>
internal sealed class TestServers(Layout layout)
{
    private readonly Postgres _postgres = new(layout, durable: false);
    private readonly RabbitMq _rabbit = new(layout, forTests: true);
    private IDisposable? _lock;

    /// <summary>What tests read to find the servers.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["PECHAT_TEST_POSTGRES"] = _postgres.ConnectionString,
        ["PECHAT_TEST_RABBITMQ"] = _rabbit.Url,
        ["PECHAT_TEST_RABBITMQ_MANAGEMENT"] = _rabbit.ManagementUrl,
    };

    public async Task StartAsync(CancellationToken ct)
    {
        _lock = layout.Lock();
        layout.CreateDirectories();
        await Task.WhenAll(_postgres.StartAsync(ct), _rabbit.StartAsync(ct));
    }

    public async Task StopAsync()
    {
        await Task.WhenAll(_postgres.StopAsync(), _rabbit.StopAsync());
        _lock?.Dispose();
    }
}
