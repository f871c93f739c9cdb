using System.Diagnostics;

namespace Pechat.Shared.Tests.AdES;

/// <summary>Other people's programs, which judge what we write.</summary>
internal static class Tool
{
    /// <summary>Runs a program and answers its exit code and both outputs.</summary>
    internal static (int Code, string Output) Run(string program, params string[] arguments) => RunIn("", program, arguments);

    /// <summary>The same in a folder, from which the program takes relative names.</summary>
    internal static (int Code, string Output) RunIn(string folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LC_ALL"] = "C.UTF-8";
        using var process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd() + error.Result;
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    internal static string Save(byte[] content, string extension = ".pdf")
    {
        string path = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"{Guid.NewGuid():N}{extension}");
        File.WriteAllBytes(path, content);
        return path;
    }
}
