using Dapper;

namespace Pechat.CertificateAuthority.Tests;

/// <summary>One running authority for the tests of a fixture; unexpected Errors in its log fail the test.</summary>
internal abstract class AuthorityTests
{
    private protected RunningAuthority Authority { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => Authority = await RunningAuthority.StartAsync();

    [TearDown]
    public void VerifyLog() => Authority.Cluster.Logs.Verify();

    [OneTimeTearDown]
    public async Task StopAsync() => await Authority.DisposeAsync();

    /// <summary>Bodies of the events with this wire name, oldest first.</summary>
    private protected async Task<IReadOnlyList<string>> EventsAsync(string type)
    {
        await using var connection = await Authority.Database.Owner.OpenConnectionAsync();
        return (await connection.QueryAsync<string>("select body::text from outbox where type = @type order by sequence", new { type })).AsList();
    }
}
