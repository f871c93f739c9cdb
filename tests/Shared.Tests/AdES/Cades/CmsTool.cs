using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Pechat.Pki;

namespace Pechat.Shared.Tests.AdES.Cades;

/// <summary>OpenSSL's opinion of a CMS signature.</summary>
internal static class CmsTool
{
    internal static string Anchor(params Certificate[] roots) => Tool.Save(Encoding.ASCII.GetBytes(
        string.Join('\n', roots.Select(root => PemEncoding.WriteString("CERTIFICATE", root.Encoded.Span)))), ".pem");

    /// <summary>Exit code, what OpenSSL prints, and the content that it took out.</summary>
    internal static (int Code, string Output, byte[] Content) Verify(byte[] cms, byte[]? content, params Certificate[] roots)
    {
        string message = Tool.Save(cms, ".p7s"), extracted = message + ".out";
        string[] detached = content is null ? [] : ["-content", Tool.Save(content, ".bin")];
        (int code, string output) = Tool.Run("openssl", ["cms", "-verify", "-binary", "-cades", "-inform", "DER", "-in", message, .. detached, "-CAfile", Anchor(roots),
            "-purpose", "any", "-attime", Signer.Now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), "-out", extracted]);
        return (code, output, File.Exists(extracted) ? File.ReadAllBytes(extracted) : []);
    }
}
