using System.Diagnostics;

namespace Pechat.SystemTests.MainJob;

/// <summary>Runs an outside programme.</summary>
internal static class Tool
{
    /// <summary>Runs a programme that must succeed.</summary>
    /// <returns>Everything printed.</returns>
    public static string Succeed(string programme, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(programme, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, () => $"{programme} {string.Join(' ', arguments)}\n{output}");
        return output;
    }
}

/// <summary>A directory that goes away.</summary>
internal sealed class Scratch : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pechat-system-");

    public string Path(string name) => System.IO.Path.Combine(_directory.FullName, name);

    public string Write(string name, byte[] content)
    {
        File.WriteAllBytes(Path(name), content);
        return Path(name);
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
