using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Pechat.Shared.Tests.AdES.Jades;

/// <summary>The independent implementation, npm's <c>jose</c>; it is installed when it is missing.</summary>
internal static class Jose
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "AdES", "Jades", "jose");

    internal static async Task InstallAsync()
    {
        if (Directory.Exists(Path.Combine(Folder, "node_modules", "jose")))
            return;
        (int code, string output) = await RunAsync("npm", "ci", "--no-audit", "--no-fund");
        Assert.That(code, Is.Zero, output);
    }

    /// <summary>What the library says: the payload, or why it refuses.</summary>
    /// <param name="jws">Any serialisation.</param>
    /// <param name="signer">Whose key must verify.</param>
    /// <param name="payload">Payload part of the signing input when it is detached.</param>
    /// <param name="raw">Whether that part is the payload itself.</param>
    internal static async Task<(bool Valid, byte[] Payload, string Output)> VerifyAsync(byte[] jws, Signer signer, byte[]? payload = null, bool raw = false)
    {
        string file = Tool.Save(JsonSerializer.SerializeToUtf8Bytes(new
        {
            jws = Encoding.UTF8.GetString(jws),
            payload,
            raw,
            alg = signer.Algorithm.JwaName,
            key = PemEncoding.WriteString("PUBLIC KEY", signer.Certificate.PublicKey.Encoded.Span),
        }), ".json");
        (int code, string output) = await RunAsync("node", "judge.js", file);
        return (code == 0, code == 0 ? Convert.FromBase64String(output.Trim()) : [], output);
    }

    private static async Task<(int, string)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync() + await error;
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }
}
