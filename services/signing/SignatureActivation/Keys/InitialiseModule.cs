using Pechat.Hosting;
using Pechat.Hsm;
using Pechat.Pkcs11;

namespace Pechat.SignatureActivation.Keys;

/// <summary>Verb <c>init</c>: makes the module's keys in the HSM. Part of the key ceremony; may run again.</summary>
internal static class InitialiseModule
{
    /// <returns>True when it ran, and the programme shall end.</returns>
    internal static async Task<bool> RunIfAskedAsync(string[] args)
    {
        if (args is not ["init", ..])
            return false;
        using TokenPool pool = HsmBuilder.Open(ValidatedOptions.Read<HsmOptions>(Configuration(args), "Hsm"));
        foreach (string label in await ModuleKeys.InitializeAsync(pool, CancellationToken.None))
            await Console.Out.WriteLineAsync($"signature-activation: made key {label}");
        return true;
    }

    /// <summary>What a verb is configured with.</summary>
    internal static ConfigurationManager Configuration(string[] args)
    {
        var configuration = new ConfigurationManager();
        configuration.AddEnvironmentVariables().AddCommandLine(args[1..]);
        Defaults.AddConfigurationFile(configuration);
        return configuration;
    }
}
