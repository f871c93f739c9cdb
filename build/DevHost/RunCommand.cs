using System.Globalization;
using Pechat.DevHost.Processes;

namespace Pechat.DevHost;

/// <summary><c>build/run</c>.</summary>
internal static class RunCommand
{
    public static async Task<int> RunAsync(Layout layout, bool once, bool reset, PhoneHabit habit, CancellationToken ct)
    {
        if (reset)
            await ResetAsync(layout);
        await using var house = new House(layout);
        await house.StartAsync(ct);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"All services are ready; they use {house.ResidentBytes / 1048576.0:0} MiB."));
        if (once)
            return 0;
        await Task.Delay(Timeout.Infinite, ct);
        return 0;
    }

    /// <summary>Ends what still runs from earlier, then forgets everything except the stamps of builds.</summary>
    private static async Task ResetAsync(Layout layout)
    {
        if (Directory.Exists(layout.Processes))
        {
            foreach (string record in Directory.GetFiles(layout.Processes))
                await ChildProcess.EndLeftoverAsync(layout, Path.GetFileName(record));
        }
        foreach (string directory in new[] { "postgres", "rabbitmq", "softhsm", "config", "logs", "secrets", "certificates", "stamps", "processes", "mail", "ceremony", "demo" })
        {
            string path = Path.Combine(layout.Run, directory);
            if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
        }
    }
}
