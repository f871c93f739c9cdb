using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Pechat.Testing;

/// <summary>A service that runs in this process, started by its own Program.</summary>
public sealed class TestService : IAsyncDisposable
{
    private readonly Task _running;
    private readonly IHost _host;
    private int _stopping;

    private TestService(string name, int port, int healthPort, IHost host, Task running)
    {
        Name = name;
        Address = $"https://127.0.0.1:{port}";
        HealthAddress = $"http://127.0.0.1:{healthPort}";
        _host = host;
        _running = running;
    }

    /// <summary>Name in kebab case.</summary>
    public string Name { get; }

    /// <summary>Base address of the mutual TLS port.</summary>
    public string Address { get; }

    /// <summary>Base address of the health port.</summary>
    public string HealthAddress { get; }

    /// <summary>The service's container.</summary>
    public IServiceProvider Services => _host.Services;

    /// <summary>Waits until <c>/health/ready</c> answers 200.</summary>
    public async Task UntilReadyAsync(int seconds = 30)
    {
        using var client = new HttpClient();
        string last = "";
        await Eventually.HoldsAsync(
            async () =>
            {
                using HttpResponseMessage answer = await client.GetAsync(new Uri(HealthAddress + "/health/ready"));
                last = await answer.Content.ReadAsStringAsync();
                return answer.IsSuccessStatusCode;
            },
            $"{Name} is ready", seconds);
    }

    /// <summary>Stops it as SIGTERM does, and waits; a second time does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stopping, 1) != 0)
            return;
        _host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await _running;
    }

    internal static async Task<TestService> StartAsync(
        Func<string[], Task> program, string name, string configurationFile, int port, int healthPort, Action<IServiceCollection> configure)
    {
        using var capture = new HostCapture(services =>
        {
            services.RemoveAll<ILoggerProvider>(); // the test keeps the log itself
            services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Debug));
            configure(services);
        });
        string[] args = ["--PECHAT_CONFIG=" + configurationFile, "--environment=Production", "--contentRoot=" + Path.GetDirectoryName(configurationFile)];
        Task running = Task.Factory.StartNew(
            () =>
            {
                capture.Enter();
                return program(args);
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        await Task.WhenAny(capture.Built, running);
        if (running.IsCompleted)
        {
            await running; // it failed: this throws what it threw
            throw new InvalidOperationException($"{name} ended without starting");
        }
        IHost host = await capture.Built;
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.Register(() => started.TrySetResult());
        await Task.WhenAny(started.Task, running);
        if (running.IsCompleted)
            await running;
        return new TestService(name, port, healthPort, host, running);
    }

    /// <summary>Hears of the host that is built in one flow of execution, as the design tools of the framework do.</summary>
    private sealed class HostCapture : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
    {
        private static readonly AsyncLocal<HostCapture?> Current = new();
        private readonly Action<IServiceCollection> _configure;
        private readonly List<IDisposable> _subscriptions = [];
        private readonly TaskCompletionSource<IHost> _built = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal HostCapture(Action<IServiceCollection> configure)
        {
            _configure = configure;
            _subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));
        }

        internal Task<IHost> Built => _built.Task;

        internal void Enter() => Current.Value = this;

        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Microsoft.Extensions.Hosting")
                _subscriptions.Add(value.Subscribe(this));
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (Current.Value != this)
                return; // another service starts at the same time
            if (value is { Key: "HostBuilding", Value: IHostBuilder builder })
                builder.ConfigureServices(_configure);
            else if (value is { Key: "HostBuilt", Value: IHost host })
                _built.TrySetResult(host);
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }

        public void Dispose() => _subscriptions.ForEach(s => s.Dispose());
    }
}
