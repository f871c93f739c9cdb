namespace Pechat.Signing.Tests;

/// <summary>A house of its own with one customer who has one credential; at the end no unexpected error stands in its log.</summary>
internal abstract class WithCredential
{
    private protected SigningHouse _house = null!;
    private protected Guid _credential;

    [OneTimeSetUp]
    public async Task Start()
    {
        _house = await SigningHouse.StartAsync();
        _credential = await _house.CredentialAsync();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _house.Cluster.Logs.Verify();
        await _house.DisposeAsync();
    }
}
