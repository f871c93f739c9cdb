using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace Pechat.DevHost.MainJob;

/// <summary>A relying party's view of the CSC API v2: one user-bound token, whole documents or digests.</summary>
internal sealed class Csc(Door door, string token)
{
    private const string EcdsaSha256 = "1.2.840.10045.4.3.2";
    private const string Sha256 = "2.16.840.1.101.3.4.2.1";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public async Task<JsonArray> CredentialsAsync(CancellationToken ct) => (await CallAsync("credentials/list", [], ct))["credentialIDs"]!.AsArray();

    /// <summary>Certificate and chain of a credential, signer first.</summary>
    public async Task<X509Certificate2[]> ChainAsync(string credentialId, CancellationToken ct)
    {
        JsonNode info = await CallAsync("credentials/info", new() { ["credentialID"] = credentialId, ["certificates"] = "chain" }, ct);
        return [.. info["cert"]!["certificates"]!.AsArray().Select(der => X509CertificateLoader.LoadCertificate(Convert.FromBase64String((string)der!)))];
    }

    /// <summary><c>signatures/signDoc</c> with a whole PDF: PAdES baseline T, confirmed on the phone while the call waits.</summary>
    public async Task<byte[]> SignPdfAsync(string credentialId, string name, byte[] pdf, CancellationToken ct)
    {
        JsonNode answer = await CallAsync("signatures/signDoc", new()
        {
            ["credentialID"] = credentialId,
            ["documents"] = new JsonArray(new JsonObject
            {
                ["name"] = name, // our extension: what the phone shows
                ["document"] = Convert.ToBase64String(pdf),
                ["signature_format"] = "P",
                ["conformance_level"] = "AdES-B-T",
                ["signAlgo"] = EcdsaSha256,
            }),
        }, ct);
        return Convert.FromBase64String((string)answer["DocumentWithSignature"]![0]!);
    }

    /// <summary><c>credentials/authorize</c>, <c>authorizeCheck</c> until the phone has confirmed, <c>signatures/signHash</c>.</summary>
    public async Task<byte[]> SignHashAsync(string credentialId, byte[] digest, CancellationToken ct)
    {
        string hash = Convert.ToBase64String(digest);
        JsonNode pending = await CallAsync("credentials/authorize", new()
        {
            ["credentialID"] = credentialId,
            ["numSignatures"] = 1,
            ["hashes"] = new JsonArray(hash),
            ["hashAlgorithmOID"] = Sha256,
            ["description"] = "Main job: one digest",
        }, ct);
        JsonNode authorised = await Polling.UntilAsync(
            () => CallAsync("credentials/authorizeCheck", new() { ["handle"] = (string)pending["handle"]! }, ct),
            answer => answer["SAD"] is not null, Patience, "the phone did not confirm", ct);
        JsonNode signed = await CallAsync("signatures/signHash", new()
        {
            ["credentialID"] = credentialId,
            ["SAD"] = (string)authorised["SAD"]!,
            ["hashes"] = new JsonArray(hash),
            ["hashAlgorithmOID"] = Sha256,
            ["signAlgo"] = EcdsaSha256,
        }, ct);
        return Convert.FromBase64String((string)signed["signatures"]![0]!);
    }

    /// <summary>Judges a signature by the framework alone.</summary>
    public static bool Verifies(X509Certificate2 signer, byte[] digest, byte[] signature)
    {
        using ECDsa key = signer.GetECDsaPublicKey()!;
        return key.VerifyHash(digest, signature, DSASignatureFormat.Rfc3279DerSequence);
    }

    private Task<JsonNode> CallAsync(string method, JsonObject body, CancellationToken ct) => door.PostAsync($"/csc/v2/{method}", body, token, ct);
}
