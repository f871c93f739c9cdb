using Pechat.DevHost.Processes;
using Pechat.DevHost.View;

namespace Pechat.DevHost.Setup;

/// <summary>The key ceremonies, scripted: each key holder makes its keys once, and the CA certifies the time-stamping unit.</summary>
internal static class Ceremonies
{
    public static async Task HoldAsync(Layout layout, ProgressView view, CancellationToken ct)
    {
        await OnceAsync("signature-activation", "init");
        await AgainAsync("signature-activation", "init", "log"); // keys that versions before the log did not make
        await OnceAsync("timestamping", "init");
        string script = Path.Combine(layout.Ceremony, "ceremony.yaml");
        await File.WriteAllTextAsync(script, Script(), ct);
        await OnceAsync("certificate-authority", "ceremony", script);

        Task OnceAsync(string name, params string[] verb) => StampedAsync($"{name}-{verb[0]}", name, verb);

        Task AgainAsync(string name, string verb, string reason) => StampedAsync($"{name}-{verb}-{reason}", name, verb);

        async Task StampedAsync(string stampName, string name, params string[] verb)
        {
            Service service = Service.Named(name);
            string stamp = Path.Combine(layout.Stamps, stampName);
            if (File.Exists(stamp))
                return;
            view.Tell(name, "key ceremony");
            await ChildProcess.RunAsync(layout, ServiceHost.Command(layout, service, verb), "build/run --reset starts with new keys", ct);
            await File.WriteAllTextAsync(stamp, "", ct);
        }
    }

    private static string Script()
    {
        using Stream data = typeof(Ceremonies).Assembly.GetManifestResourceStream("ceremony.yaml")!;
        using var reader = new StreamReader(data);
        return reader.ReadToEnd();
    }
}
