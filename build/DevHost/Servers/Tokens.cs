using Pechat.DevHost.Processes;

namespace Pechat.DevHost.Servers;

/// <summary>SoftHSM: one token in one directory per key holder, so that no process can even see another's keys.</summary>
internal static class Tokens
{
    private static readonly string[] Libraries =
        ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"];

    public static string Library => Libraries.FirstOrDefault(File.Exists)
        ?? throw new DevHostException("softhsm: libsofthsm2.so was not found", "apt-get install softhsm2");

    /// <summary>What <c>SOFTHSM2_CONF</c> names for this key holder.</summary>
    public static string ConfigurationFile(Layout layout, Service holder) => Path.Combine(layout.Run, "softhsm", holder.Name, "softhsm2.conf");

    public static string PinSecret(Service holder) => $"{holder.Name}-pin";

    public static async Task CreateAsync(Layout layout, Service holder, CancellationToken ct)
    {
        string configuration = ConfigurationFile(layout, holder);
        string directory = Path.GetDirectoryName(configuration)!;
        string done = Path.Combine(directory, "initialised");
        if (File.Exists(done))
            return;
        string tokens = Path.Combine(directory, "tokens");
        if (Directory.Exists(tokens))
            Directory.Delete(tokens, recursive: true); // an initialisation that was interrupted
        Directory.CreateDirectory(tokens);
        await File.WriteAllTextAsync(configuration, $"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n", ct);
        await ChildProcess.RunAsync(
            layout,
            new("softhsm", "softhsm2-util",
                ["--init-token", "--free", "--label", holder.Token!, "--so-pin", Secret.Get(layout, $"{holder.Name}-so-pin"), "--pin", Secret.Get(layout, PinSecret(holder))],
                new Dictionary<string, string> { ["SOFTHSM2_CONF"] = configuration }),
            "build/run --reset starts clean", ct);
        await File.WriteAllTextAsync(done, "", ct);
    }
}
