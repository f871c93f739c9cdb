namespace Pechat.Conformance.Tests;

/// <summary>What a run against our own house can do besides speaking HTTP; no other server can be asked for it.</summary>
internal interface IControls
{
    /// <summary>Lets Alice <c>confirm</c>, <c>decline</c> or <c>ignore</c> what comes to her phone from now on.</summary>
    Task SignerWillAsync(string habit);

    /// <summary>Makes the server forget how many logins there were; its limit would end the suite after a handful.</summary>
    Task ForgetLoginsAsync();

    /// <summary>Suspends the certificate of one of Alice's credentials, or resumes it.</summary>
    Task SuspendAsync(string credential, bool suspended);

    /// <summary>Links an account of the client to Alice, so that an account token can name it.</summary>
    Task LinkAccountAsync(string account);

    /// <summary>Kills the services that hold authorisations, and waits until they are back.</summary>
    Task RestartAsync();

    /// <summary>An access token for Alice as the authorisation server signs them, such as one that has expired.</summary>
    string Token(string scope, TimeSpan lifetime, params (string Name, string Value)[] claims);
}
