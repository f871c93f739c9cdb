using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using Pechat.Hosting;
using Pechat.Testing;

namespace Pechat.Shared.Tests.Hosting;

public sealed class StartTests
{
    [Test]
    public async Task Unknown_sections_and_keys_missing_peers_and_bad_values_stop_the_start_together()
    {
        await using var cluster = await TestCluster.CreateAsync();
        var refused = Assert.ThrowsAsync<ConfigurationException>(() => SampleService.StartAsync(
            cluster,
            new Dictionary<string, object> { ["Sampel"] = new { a = 1 }, ["Tokens"] = new { Isuer = "x" } },
            builder => builder.AddPeerHttp("signature-activation")))!;
        Assert.That(refused.Problems, Is.EquivalentTo(new[]
        {
            "Sampel: unknown section", "Tokens:Isuer: unknown key", "Peers:signature-activation: must be an absolute https URL",
        }));
    }

    [Test]
    public async Task A_crashed_background_work_is_logged_and_started_again()
    {
        await using var cluster = await TestCluster.CreateAsync();
        Flaky.Starts = 0;
        await using (await SampleService.StartAsync(cluster, build: b => b.AddBackground<Flaky>()))
            await Eventually.HoldsAsync(() => Flaky.Starts == 2, "it is started a second time", 10);
        cluster.Logs.ExpectError(131);
        Assert.That(cluster.Logs.Lines.Count(l => l.EventId == 131), Is.EqualTo(1));
        cluster.Logs.Verify();
    }

    [Test]
    public async Task A_request_in_progress_is_finished_before_the_service_stops()
    {
        await using var cluster = await TestCluster.CreateAsync();
        var entered = new TaskCompletionSource();
        TestService service = await SampleService.StartAsync(cluster, map: app => app.MapGet("/slow", async () =>
        {
            entered.SetResult();
            await Task.Delay(700);
            return "finished";
        }));
        using HttpClient client = cluster.Client(service);
        Task<string> slow = client.GetStringAsync("/slow");
        await entered.Task;
        await service.DisposeAsync();
        Assert.That(await slow, Is.EqualTo("finished"));
    }

    private sealed class Flaky : BackgroundService
    {
        internal static int Starts;

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Yield();
            if (Interlocked.Increment(ref Starts) == 1)
                throw new InvalidOperationException("the first time it fails");
            await Task.Delay(Timeout.Infinite, stoppingToken);
        }
    }
}
