using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using Pechat.MerkleLog;

namespace Pechat.DevHost;

/// <summary>Verb <c>verify-proof</c>: checks offline what a signer downloaded, with nothing but the log's public key.</summary>
internal static class VerifyProof
{
    public static Command Command()
    {
        var proof = new Argument<FileInfo>("proof") { Description = "Answer of GET /signing/v1/signatures/{id}/proof, or of GET /signing/v1/signatures/log." };
        var key = new Option<FileInfo>("--key") { Description = "Public key of the log, PEM, from a source that is not the proof.", Required = true };
        var verify = new Command("verify-proof", "Checks offline that a signature's records stand in the tamper-evident log, or that the log only grew.") { proof, key };
        verify.SetAction(parsed => Run(parsed.GetRequiredValue(proof).FullName, parsed.GetRequiredValue(key).FullName, Console.Out));
        return verify;
    }

    /// <returns>Exit code: 0 it holds, 1 it does not, 2 a file cannot be used.</returns>
    internal static int Run(string proofFile, string keyFile, TextWriter output)
    {
        string? fault;
        try
        {
            using ECDsa key = ECDsa.Create();
            key.ImportFromPem(File.ReadAllText(keyFile));
            byte[] publicKey = key.ExportSubjectPublicKeyInfo();
            string json = File.ReadAllText(proofFile);
            using JsonDocument shape = JsonDocument.Parse(json);
            fault = shape.RootElement.TryGetProperty("entries", out _)
                ? ProofFile.Read<LogProof>(json).Fault(publicKey)
                : ProofFile.Read<GrowthProof>(json).Fault(publicKey);
        }
        catch (Exception unusable) when (unusable is JsonException or IOException or UnauthorizedAccessException or ArgumentException or CryptographicException or InvalidOperationException)
        {
            output.WriteLine($"cannot be used: {unusable.Message}");
            return 2;
        }
        output.WriteLine(fault ?? "the proof holds");
        return fault is null ? 0 : 1;
    }
}
