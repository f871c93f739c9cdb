using System.Globalization;
using Pechat.DevHost;

namespace Pechat.Conformance.Tests;

/// <summary>Prepares the server under test: one that was named, or else a house of our own. Writes the table at the end.</summary>
[SetUpFixture]
internal sealed class Server
{
    private static readonly string[] Names =
    [
        "BaseUrl", "Alice", "Bob", "OtherClient", "Client", "AliceId", "AliceName", "AlicePassword", "Ec", "Rsa", "Ec384", "Disabled", "Bobs", "ToDelete", "ResponseUri",
        "ClientId", "ClientSecret", "RedirectUri", "OAuthBase",
    ];

    private OwnHouse? _house;

    internal static Target Target { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        var given = new Dictionary<string, string>();
        foreach (string name in Names)
        {
            string? value = TestContext.Parameters[name] ?? Environment.GetEnvironmentVariable($"PECHAT_CONFORMANCE_{name.ToUpper(CultureInfo.InvariantCulture)}");
            if (value is not null)
                given[name] = value;
        }
        if (given.TryGetValue("BaseUrl", out string? address))
        {
            Target = new Target(new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(address.TrimEnd('/') + "/"), Timeout = TimeSpan.FromSeconds(90) }, given);
            return;
        }
        _house = new OwnHouse();
        Target = await _house.StartAsync();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (Target is null)
            return;
        string table = ConformanceTable.Render(_house is null ? Target["BaseUrl"] : "This house, as `build/run` starts it");
        await TestContext.Out.WriteLineAsync(table);
        if (_house is null)
            return;
        await _house.DisposeAsync();
        string file = Path.Combine(Layout.Find().Root, "docs", "conformance", "csc.md");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        if (ConformanceTable.IsComplete)
            await File.WriteAllTextAsync(file, table);
    }
}
