using Pechat.DevHost.Processes;
using Pechat.DevHost.Servers;
using Pechat.DevHost.Setup;
using Pechat.DevHost.View;

namespace Pechat.DevHost;

/// <summary>The whole house on this machine: private servers, then all services, each as soon as what it needs is there.</summary>
public sealed class House : IAsyncDisposable
{
    private readonly Layout _layout;
    private readonly ProgressView _view = new();
    private readonly Postgres _postgres;
    private readonly RabbitMq _rabbit;
    private readonly MailCapture _mail;
    private readonly ServiceHost[] _services;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _supervision = [];

    public House(Layout layout)
    {
        _layout = layout;
        _postgres = new(layout);
        _rabbit = new(layout);
        _mail = new(layout);
        _services = [.. Service.All.Select(service => new ServiceHost(layout, service, _view))];
    }

    /// <summary>Ends what still runs from earlier, then forgets everything except the stamps of builds.</summary>
    public static async Task ResetAsync(Layout layout)
    {
        if (Directory.Exists(layout.Processes))
        {
            foreach (string record in Directory.GetFiles(layout.Processes))
                await ChildProcess.EndLeftoverAsync(layout, Path.GetFileName(record));
        }
        foreach (string directory in new[] { "postgres", "rabbitmq", "softhsm", "config", "logs", "secrets", "certificates", "stamps", "processes", "mail", "ceremony", "demo" })
        {
            string path = Path.Combine(layout.Run, directory);
            if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
        }
    }

    /// <summary>Starts everything and returns when every service is ready.</summary>
    public Task StartAsync(CancellationToken ct) => _view.ShowAsync(async () =>
    {
        _layout.CreateDirectories();
        await Task.WhenAll(Service.All.Select(service => ChildProcess.EndLeftoverAsync(_layout, service.Name)));
        await _mail.StartAsync(ct);
        DevelopmentCertificates.Create(_layout, TimeProvider.System.GetUtcNow());
        foreach (Service service in Service.All)
            ServiceConfiguration.Write(_layout, service);

        using var failed = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task postgres = StartPostgresAsync(failed.Token);
        Task rabbit = StartRabbitAsync(failed.Token);
        Task migrated = MigrateAsync(postgres, failed.Token);
        Task ceremony = CeremonyAsync(migrated, failed.Token);
        await AllOrFirstFailureAsync(failed, postgres, rabbit, migrated, ceremony, StartServicesAsync(rabbit, migrated, ceremony, failed.Token));
        _supervision.AddRange(_services.Select(service => service.SuperviseAsync(_stop.Token)));
        _supervision.Add(_postgres.SuperviseAsync(state => _view.Tell(Postgres.Name, state), _stop.Token));
        _supervision.Add(_rabbit.SuperviseAsync(state => _view.Tell(RabbitMq.Name, state), _stop.Token));
    });

    /// <summary>Resident memory of all services in MiB: shared pages counted once, and counted in every process.</summary>
    public (long Together, long OneByOne) ResidentMiB
    {
        get
        {
            (long All, long Share)[] each = [.. _services.Select(service => service.ResidentKiB)];
            return (each.Sum(e => e.Share) / 1024, each.Sum(e => e.All) / 1024);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_supervision).ContinueWith(_ => { }, TaskScheduler.Default); // they end by being cancelled
        // The door first, so that nothing new comes in; then all others, and the servers under them last.
        await _services[^1].StopAsync();
        await Task.WhenAll(_services[..^1].Select(service => service.StopAsync()));
        await Task.WhenAll(_postgres.StopAsync(), _rabbit.StopAsync(), _mail.DisposeAsync().AsTask());
        _stop.Dispose();
    }

    private async Task StartPostgresAsync(CancellationToken ct)
    {
        _view.Tell(Postgres.Name, "starting");
        await _postgres.StartAsync(ct);
        await Databases.CreateAsync(_layout, _postgres.ConnectionString, Service.All.Where(s => s.HasDatabase), ct);
        _view.Tell(Postgres.Name, "ready");
    }

    private async Task StartRabbitAsync(CancellationToken ct)
    {
        _view.Tell(RabbitMq.Name, "starting");
        await _rabbit.StartAsync(ct);
        await _rabbit.AddUsersAsync(Service.All.Where(s => s.HasMessaging).Select(s => s.Name), ct);
        _view.Tell(RabbitMq.Name, "ready");
    }

    private async Task MigrateAsync(Task postgres, CancellationToken ct)
    {
        await postgres;
        await Parallel.ForEachAsync(_services, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (service, token) => await service.MigrateAsync(token));
        await DemoContract.EnterAsync(_postgres.ConnectionString, ct);
    }

    private async Task CeremonyAsync(Task migrated, CancellationToken ct)
    {
        foreach (Service holder in Service.All.Where(s => s.Token is not null))
            await Tokens.CreateAsync(_layout, holder, ct);
        await migrated;
        await Ceremonies.HoldAsync(_layout, _view, ct);
    }

    private async Task StartServicesAsync(Task rabbit, Task migrated, Task ceremony, CancellationToken ct)
    {
        await Task.WhenAll(rabbit, migrated, ceremony);
        await Parallel.ForEachAsync(_services, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct }, async (service, token) => await service.StartAsync(token));
    }

    /// <summary>Starting is compiling and waits little, so more at once than processors would only be slower each.</summary>
    private static int AtOnce => Environment.ProcessorCount + 2;

    /// <summary>Waits for all; the first failure cancels the others and is the one that is told.</summary>
    private static async Task AllOrFirstFailureAsync(CancellationTokenSource failed, params Task[] tasks)
    {
        var open = tasks.ToList();
        while (open.Count > 0)
        {
            Task done = await Task.WhenAny(open);
            open.Remove(done);
            if (done.IsCompletedSuccessfully)
                continue;
            await failed.CancelAsync();
            await Task.WhenAll(open).ContinueWith(_ => { }, TaskScheduler.Default); // what they say follows from the first failure
            await done;
        }
    }
}
