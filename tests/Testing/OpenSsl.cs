using System.Diagnostics;
using NUnit.Framework;

namespace Pechat.Testing;

/// <summary>The <c>openssl</c> command line in a directory of its own: an independent judge of our DER.</summary>
public sealed class OpenSsl : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("openssl-");

    /// <summary>Writes a file into the directory.</summary>
    public void Write(string name, ReadOnlySpan<byte> content) => File.WriteAllBytes(Path.Combine(_directory.FullName, name), content);

    /// <summary>Writes DER as PEM into the directory; several become one file.</summary>
    public void WritePem(string name, string label, params IEnumerable<ReadOnlyMemory<byte>> ders) =>
        File.WriteAllText(Path.Combine(_directory.FullName, name),
            string.Concat(ders.Select(der => System.Security.Cryptography.PemEncoding.WriteString(label, der.Span) + "\n")));

    /// <summary>Reads a file that openssl wrote.</summary>
    public byte[] Read(string name) => File.ReadAllBytes(Path.Combine(_directory.FullName, name));

    /// <summary>Runs openssl in the directory.</summary>
    /// <returns>Exit code and everything printed.</returns>
    public (int ExitCode, string Output) Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("openssl", arguments)
        {
            WorkingDirectory = _directory.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }

    /// <summary>Runs openssl, which must succeed.</summary>
    /// <returns>Everything printed.</returns>
    public string Succeed(params string[] arguments)
    {
        (int exitCode, string output) = Run(arguments);
        Assert.That(exitCode, Is.Zero, () => $"openssl {string.Join(' ', arguments)}\n{output}");
        return output;
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Delete(recursive: true);
}
