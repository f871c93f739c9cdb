namespace Pechat.SignatureActivation.Tests.Support;

/// <summary>A module of its own with one phone, whose owner has one credential; for tests of what can be done with it.</summary>
public abstract class WithCredential
{
    private protected Module _module = null!;
    private protected Phone _phone = null!;
    private protected string _credential = "";

    [OneTimeSetUp]
    public async Task Start()
    {
        _module = await Module.StartAsync();
        _phone = await _module.EnrolAsync();
        _credential = (await _module.CreateCredentialAsync(_phone.Owner)).CredentialId;
    }

    [OneTimeTearDown]
    public async Task Stop() => await _module.DisposeAsync();
}
