using System.Net;
using System.Text.Json;
using Pechat.Testing;

namespace Pechat.Shared.Tests.Hosting;

/// <summary>One running sample service and a client that is the gateway.</summary>
public abstract class HostingFixture
{
    private protected TestCluster Cluster { get; private set; } = null!;

    private protected TestService Service { get; private set; } = null!;

    private protected HttpClient Gateway { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        Cluster = await TestCluster.CreateAsync();
        Service = await StartServiceAsync(Cluster);
        Gateway = Cluster.Client(Service);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        Gateway.Dispose();
        Cluster.Logs.Verify();
        await Cluster.DisposeAsync();
    }

    private protected virtual Task<TestService> StartServiceAsync(TestCluster cluster) => SampleService.StartAsync(cluster);

    private protected static async Task<(HttpStatusCode Status, JsonElement Body)> JsonOf(HttpResponseMessage answer) =>
        (answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);

    private protected async Task<(HttpStatusCode Status, JsonElement Body)> GetAsync(string path, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (token is not null)
            request.Headers.Authorization = new("Bearer", token);
        using HttpResponseMessage answer = await Gateway.SendAsync(request);
        return await JsonOf(answer);
    }
}
