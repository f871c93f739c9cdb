using System.Globalization;
using Pechat.Shared.Tests.AdES.Cades;

namespace Pechat.Shared.Tests.AdES.Xades;

/// <summary>The opinion of xmlsec1 of an XML signature.</summary>
internal static class XmlSec
{
    /// <summary>Verifies a document.</summary>
    /// <param name="xml">The document.</param>
    /// <param name="signer">Whose root is trusted.</param>
    /// <param name="element">Namespace, colon and name of an element whose attribute Id counts; empty for none beside SignedProperties.</param>
    internal static (bool Valid, string Output) Verify(byte[] xml, Signer signer, string element = "")
    {
        string path = Tool.Save(xml, ".xml");
        return VerifyIn(Path.GetDirectoryName(path)!, path, signer, element);
    }

    /// <summary>Verifies a document whose relative references start from a folder.</summary>
    internal static (bool Valid, string Output) VerifyIn(string folder, string path, Signer signer, string element = "")
    {
        string[] id = element.Length == 0 ? [] : ["--id-attr:Id", element];
        (int code, string output) = Tool.RunIn(folder, "xmlsec1", ["--verify", "--trusted-pem", CmsTool.Anchor(signer.Root), .. id,
            "--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties",
            "--verification-time", Signer.Now.LocalDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), path]);
        return (code == 0, output);
    }
}
