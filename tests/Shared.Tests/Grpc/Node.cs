using System.Diagnostics;

namespace Pechat.Shared.Tests.Calls;

/// <summary>The independent implementation, <c>@grpc/grpc-js</c>, as a process; its packages are installed when they are missing.</summary>
internal sealed class Node : IAsyncDisposable
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Grpc", "interop");
    private readonly Process _process;

    private Node(Process process) => _process = process;

    internal static string Proto => Path.Combine(AppContext.BaseDirectory, "Grpc", "Protos", "echo.proto");

    internal static async Task InstallAsync()
    {
        if (Directory.Exists(Path.Combine(Folder, "node_modules", "@grpc", "grpc-js")))
            return;
        using var npm = Run("npm", "ci", "--no-audit", "--no-fund");
        string output = await npm.StandardOutput.ReadToEndAsync() + await npm.StandardError.ReadToEndAsync();
        await npm.WaitForExitAsync();
        Assert.That(npm.ExitCode, Is.Zero, output);
    }

    /// <summary>Runs a script to its end and returns its exit code with all it printed.</summary>
    internal static async Task<(int ExitCode, string Output)> RunToEndAsync(string script, params string[] arguments)
    {
        using var process = Run("node", [script, .. arguments]);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            string output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, output + await error);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    /// <summary>Starts a script that serves, and returns it with the first line it prints.</summary>
    internal static async Task<(Node Server, string Line)> ServeAsync(string script, params string[] arguments)
    {
        var process = Run("node", [script, .. arguments]);
        string? line = await process.StandardOutput.ReadLineAsync();
        return (new Node(process), line ?? throw new AssertionException(await process.StandardError.ReadToEndAsync()));
    }

    /// <summary>Ends the script at once, as a crash would.</summary>
    internal async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    private static Process Run(string program, params string[] arguments) => Process.Start(new ProcessStartInfo(program, arguments)
    {
        WorkingDirectory = Folder,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
