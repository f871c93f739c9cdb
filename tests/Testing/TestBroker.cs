using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Pechat.Testing;

/// <summary>A virtual host of RabbitMQ of one's own, deleted at the end.</summary>
public sealed class TestBroker : IAsyncDisposable
{
    private readonly HttpClient _management;

    private TestBroker(Uri amqp, HttpClient management)
    {
        _management = management;
        Host = amqp.Host;
        Port = amqp.Port;
        string[] credentials = amqp.UserInfo.Split(':');
        User = credentials[0];
        Password = credentials[1];
        VirtualHost = "test-" + Guid.NewGuid().ToString("N");
        PasswordFile = Path.Combine(Path.GetTempPath(), $"pechat-{VirtualHost}.password");
        File.WriteAllText(PasswordFile, Password);
    }

    /// <summary>Host of the server.</summary>
    public string Host { get; }

    /// <summary>AMQP port of the server.</summary>
    public int Port { get; }

    /// <summary>The virtual host.</summary>
    public string VirtualHost { get; }

    /// <summary>The user.</summary>
    public string User { get; }

    /// <summary>The user's password.</summary>
    public string Password { get; }

    /// <summary>File with the user's password.</summary>
    public string PasswordFile { get; }

    /// <summary>Section <c>Messaging</c> of the service's configuration, with pauses short enough for tests.</summary>
    public Dictionary<string, object> Section => new()
    {
        ["Host"] = Host, ["Port"] = Port, ["VirtualHost"] = VirtualHost, ["User"] = User, ["PasswordFile"] = PasswordFile,
        ["RetryInterval"] = "00:00:00.020", ["RelayInterval"] = "00:00:00.200", ["ConfirmTimeout"] = "00:00:05",
    };

    /// <summary>Makes the virtual host.</summary>
    public static async Task<TestBroker> CreateAsync()
    {
        var amqp = new Uri(TestServers.Need("PECHAT_TEST_RABBITMQ"));
        var management = new Uri(TestServers.Need("PECHAT_TEST_RABBITMQ_MANAGEMENT"));
        var client = new HttpClient { BaseAddress = new Uri(management.GetLeftPart(UriPartial.Authority)) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(management.UserInfo)));
        var broker = new TestBroker(amqp, client);
        await broker.SendAsync(HttpMethod.Put, $"/api/vhosts/{broker.VirtualHost}", new { });
        await broker.SendAsync(HttpMethod.Put, $"/api/permissions/{broker.VirtualHost}/{broker.User}", new { configure = ".*", write = ".*", read = ".*" });
        return broker;
    }

    /// <summary>As if the broker were stopped: refuses new connections and closes those that there are.</summary>
    public async Task StopAsync()
    {
        await SendAsync(HttpMethod.Put, $"/api/vhost-limits/{VirtualHost}/max-connections", new { value = 0 });
        await DropConnectionsAsync();
    }

    /// <summary>As if the broker were started again.</summary>
    public Task StartAsync() => SendAsync(HttpMethod.Delete, $"/api/vhost-limits/{VirtualHost}/max-connections", null);

    /// <summary>Closes all connections to the virtual host, the way a restart does; waits until there was one.</summary>
    public async Task DropConnectionsAsync()
    {
        // The statistics that list connections lag some seconds behind.
        for (int attempt = 0; attempt < 50; attempt++)
        {
            var connections = await _management.GetFromJsonAsync<JsonElement[]>($"/api/vhosts/{VirtualHost}/connections") ?? [];
            foreach (JsonElement connection in connections)
                await SendAsync(HttpMethod.Delete, "/api/connections/" + Uri.EscapeDataString(connection.GetProperty("name").GetString()!), null);
            if (connections.Length > 0)
                return;
            await Task.Delay(200);
        }
        throw new InvalidOperationException($"nobody is connected to {VirtualHost}");
    }

    /// <summary>Puts raw bytes into a queue.</summary>
    public async Task PublishRawAsync(string queue, string payload, string contentType = "application/vnd.masstransit+json")
    {
        using HttpResponseMessage answer = await _management.PostAsJsonAsync($"/api/exchanges/{VirtualHost}/amq.default/publish", new
        {
            properties = new { content_type = contentType, delivery_mode = 2 }, routing_key = queue, payload, payload_encoding = "string",
        });
        answer.EnsureSuccessStatusCode();
        if (!(await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("routed").GetBoolean())
            throw new InvalidOperationException($"there is no queue {queue}");
    }

    /// <summary>Takes the messages that wait in a queue, at most 100; they stay in it. Empty when there is no such queue.</summary>
    public async Task<IReadOnlyList<string>> PeekAsync(string queue)
    {
        using HttpResponseMessage answer = await _management.PostAsJsonAsync(
            $"/api/queues/{VirtualHost}/{Uri.EscapeDataString(queue)}/get", new { count = 100, ackmode = "ack_requeue_true", encoding = "auto" });
        // 400 is what a quorum queue answers that is just being made.
        if (answer.StatusCode is System.Net.HttpStatusCode.NotFound or System.Net.HttpStatusCode.BadRequest)
            return [];
        answer.EnsureSuccessStatusCode();
        return [.. (await answer.Content.ReadFromJsonAsync<JsonElement[]>())!.Select(m => m.GetProperty("payload").GetString()!)];
    }

    /// <summary>What the management interface knows of a queue.</summary>
    public async Task<JsonElement> QueueAsync(string queue) =>
        await _management.GetFromJsonAsync<JsonElement>($"/api/queues/{VirtualHost}/{Uri.EscapeDataString(queue)}");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await SendAsync(HttpMethod.Delete, $"/api/vhosts/{VirtualHost}", null);
        _management.Dispose();
        File.Delete(PasswordFile);
    }

    private async Task SendAsync(HttpMethod method, string path, object? body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using HttpResponseMessage answer = await _management.SendAsync(request);
        if (answer.StatusCode != System.Net.HttpStatusCode.NotFound) // what is to be closed may have gone already
            answer.EnsureSuccessStatusCode();
    }
}
