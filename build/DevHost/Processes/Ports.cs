using System.Diagnostics;
using System.Net.Sockets;

namespace Pechat.DevHost.Processes;

/// <summary>Waiting until somebody listens.</summary>
internal static class Ports
{
    public static async Task<bool> IsOpenAsync(int port, CancellationToken ct)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", port, ct);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Refuses a port that somebody else uses, before the confusion starts.</summary>
    public static async Task MustBeFreeAsync(int port, string forWhom, CancellationToken ct)
    {
        if (await IsOpenAsync(port, ct))
            throw new DevHostException($"{forWhom}: port {port} is in use by another programme", "stop that programme, or set PECHAT_PORT_BASE to other ports");
    }

    /// <summary>Waits until a programme listens.</summary>
    public static async Task WaitAsync(Layout layout, ChildProcess process, string name, int port, TimeSpan patience, CancellationToken ct)
    {
        string log = Path.Combine(layout.Logs, $"{name}.log");
        long started = Stopwatch.GetTimestamp();
        while (!await IsOpenAsync(port, ct))
        {
            if (process.HasExited)
                throw new DevHostException($"{name} ended with code {process.ExitCode} while starting", "read its log; build/run --reset starts clean", log);
            if (Stopwatch.GetElapsedTime(started) > patience)
                throw new DevHostException($"{name} did not listen on port {port} within {patience.TotalSeconds:0} s", "read its log; is the machine overloaded?", log);
            await Task.Delay(100, ct);
        }
    }
}
