using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pechat.DevHost.Servers;
using Pechat.DevHost.Setup;

namespace Pechat.DevHost.MainJob;

/// <summary>Leaves in <c>.run/demo/</c> everything that an outside tool needs to use or to judge this house.</summary>
internal static class LeaveDemo
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static async Task RunAsync(Layout layout, string credentialId, X509Certificate2[] chain, string accessToken, CancellationToken ct)
    {
        string trust = Path.Combine(layout.Demo, "trust");
        Directory.CreateDirectory(trust);
        await WriteAsync(Path.Combine(layout.Demo, "signer.pem"), chain[..1], ct);
        await WriteAsync(Path.Combine(trust, "root.pem"), chain[^1..], ct);
        await WriteAsync(Path.Combine(trust, "chain.pem"), chain[1..], ct);
        File.Copy(DevelopmentCertificates.TlsRoot(layout), Path.Combine(trust, "tls.pem"), overwrite: true);

        string door = Text(layout.PublicBase), plain = Text(layout.PlainBase);
        var summary = new JsonObject
        {
            ["csc"] = new JsonObject { ["base"] = door, ["oauth2"] = $"{door}/oauth2" },
            ["client"] = new JsonObject { ["id"] = Login.Bank, ["secret"] = Secret.Get(layout, Login.Bank), ["redirectUri"] = Login.RedirectUri(Login.Bank) },
            ["accessToken"] = accessToken,
            ["credentials"] = new JsonArray(new JsonObject { ["id"] = credentialId, ["algorithm"] = Algorithm(chain[0]) }),
            ["validation"] = $"{door}/validation/v1/validate",
            ["tsa"] = $"{plain}/tsa",
            ["ocsp"] = $"{plain}/ocsp",
            ["crl"] = $"{plain}/crl/{IssuerName(chain[0])}.crl",
            ["register"] = $"{door}/register",
            ["portal"] = $"{door}/",
            ["authenticator"] = $"{Text(layout.AuthenticatorBase)}/",
        };
        string file = Path.Combine(layout.Demo, "summary.json");
        // It holds a client secret and a token, so it is for this user only.
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        await using var writer = new StreamWriter(file, options);
        await writer.WriteAsync(summary.ToJsonString(Indented).AsMemory(), ct);
    }

    private static Task WriteAsync(string file, X509Certificate2[] certificates, CancellationToken ct) =>
        File.WriteAllTextAsync(file, string.Concat(certificates.Select(certificate => certificate.ExportCertificatePem() + "\n")), ct);

    private static string Algorithm(X509Certificate2 signer)
    {
        using var ec = signer.GetECDsaPublicKey();
        using var rsa = signer.GetRSAPublicKey();
        return ec is not null ? $"P-{ec.KeySize}" : $"RSA-{rsa!.KeySize}";
    }

    /// <summary>The short name of the issuing CA, as the certificate's own distribution point has it.</summary>
    private static string IssuerName(X509Certificate2 signer)
    {
        X509Extension points = signer.Extensions["2.5.29.31"] ?? throw new StepFailedException("the certificate names no CRL");
        string text = System.Text.Encoding.Latin1.GetString(points.RawData);
        int start = text.IndexOf("/crl/", StringComparison.Ordinal) + 5;
        return text[start..text.IndexOf(".crl", start, StringComparison.Ordinal)];
    }

    private static string Text(Uri uri) => uri.GetLeftPart(UriPartial.Authority);
}
