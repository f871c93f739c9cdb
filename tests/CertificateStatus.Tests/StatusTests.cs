namespace Pechat.CertificateStatus.Tests;

/// <summary>One running service for the tests of a fixture; unexpected Errors in the log fail the test.</summary>
internal abstract class StatusTests
{
    private protected RunningStatus Status { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => Status = await RunningStatus.StartAsync();

    [TearDown]
    public void VerifyLog() => Status.Authority.Cluster.Logs.Verify();

    [OneTimeTearDown]
    public async Task StopAsync() => await Status.DisposeAsync();
}
