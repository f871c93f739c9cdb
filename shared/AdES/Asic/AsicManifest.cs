using System.Text;
using System.Xml;
using Pechat.AdES.Xades;
using Pechat.Pki;

namespace Pechat.AdES.Asic;

/// <summary>ASiCManifest: which signature is over which files with which hashes (EN 319 162-1 annex A.4).</summary>
/// <param name="Signature">Name of the signature, from the root of the container.</param>
/// <param name="Files">Names from the root, with the hashes that are signed.</param>
public sealed record AsicManifest(string Signature, IReadOnlyList<(string Name, DigestAlgorithm Algorithm, ReadOnlyMemory<byte> Digest)> Files)
{
    private const string OpenDocument = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0";

    private static readonly XmlWriterSettings Utf8 = new() { Encoding = new UTF8Encoding(false) };

    /// <summary>Reads an untrusted manifest; only SHA-2 is accepted.</summary>
    /// <param name="xml">The octets as stored.</param>
    /// <exception cref="SignatureException">The XML is malformed or has another shape.</exception>
    public static AsicManifest Parse(ReadOnlyMemory<byte> xml)
    {
        XmlElement root = SignedXmlReader.Read(xml).DocumentElement!;
        if (root.LocalName != "ASiCManifest" || root.NamespaceURI != AsicNames.Namespace || root["SigReference", AsicNames.Namespace] is not { } signature)
            throw new SignatureException("This is no ASiC manifest.");
        var files = new List<(string, DigestAlgorithm, ReadOnlyMemory<byte>)>();
        foreach (XmlElement reference in root.ChildNodes.OfType<XmlElement>().Where(each => each.LocalName == "DataObjectReference" && each.NamespaceURI == AsicNames.Namespace))
        {
            string? method = reference["DigestMethod", XmlIdentifiers.Ds]?.GetAttribute("Algorithm");
            DigestAlgorithm algorithm = DigestAlgorithm.All.FirstOrDefault(each => XmlIdentifiers.Of(each) == method)
                ?? throw new SignatureException("The manifest uses a hash that is not accepted.");
            byte[] digest = new byte[algorithm.Length];
            if (!Convert.TryFromBase64String(reference["DigestValue", XmlIdentifiers.Ds]?.InnerText ?? "", digest, out int length) || length != digest.Length)
                throw new SignatureException("A hash in the manifest has the wrong length.");
            files.Add((Name(reference), algorithm, digest));
        }
        return files.Count > 0 ? new AsicManifest(Name(signature), files) : throw new SignatureException("The manifest names no file.");
    }

    /// <summary>Writes a manifest.</summary>
    /// <param name="signature">Name of the signature or time stamp over it.</param>
    /// <param name="signatureType">Its media type.</param>
    /// <param name="files">Files; an empty media type is left out.</param>
    /// <param name="digest">Hash of the files.</param>
    /// <param name="rootFile">The file that is read first: the archive manifest before this one; null for none.</param>
    internal static byte[] Write(
        string signature, string signatureType, IReadOnlyList<(string Name, string MimeType, ReadOnlyMemory<byte> Digest)> files, DigestAlgorithm digest, string? rootFile = null) => Xml(writer =>
    {
        writer.WriteStartElement("asic", "ASiCManifest", AsicNames.Namespace);
        writer.WriteStartElement("asic", "SigReference", AsicNames.Namespace);
        writer.WriteAttributeString("MimeType", signatureType);
        writer.WriteAttributeString("URI", signature);
        writer.WriteEndElement();
        foreach ((string name, string type, ReadOnlyMemory<byte> hash) in files)
        {
            writer.WriteStartElement("asic", "DataObjectReference", AsicNames.Namespace);
            if (type.Length > 0)
                writer.WriteAttributeString("MimeType", type);
            if (name == rootFile)
                writer.WriteAttributeString("Rootfile", "true");
            writer.WriteAttributeString("URI", XadesReference.ToFile(name, hash, type).Uri);
            writer.WriteStartElement("ds", "DigestMethod", XmlIdentifiers.Ds);
            writer.WriteAttributeString("Algorithm", XmlIdentifiers.Of(digest));
            writer.WriteEndElement();
            writer.WriteElementString("ds", "DigestValue", XmlIdentifiers.Ds, Convert.ToBase64String(hash.Span));
            writer.WriteEndElement();
        }
        writer.WriteEndElement();
    });

    /// <summary>META-INF/manifest.xml of OpenDocument, which ASiC-E with XAdES must have (§4.4.3).</summary>
    internal static byte[] WriteOpenDocument(string type, IReadOnlyList<(string Name, string MimeType, ReadOnlyMemory<byte> Digest)> files) => Xml(writer =>
    {
        writer.WriteStartElement("manifest", "manifest", OpenDocument);
        writer.WriteAttributeString("manifest", "version", OpenDocument, "1.2");
        foreach ((string name, string mime, _) in files.Prepend(("/", type, default)))
        {
            writer.WriteStartElement("manifest", "file-entry", OpenDocument);
            writer.WriteAttributeString("manifest", "full-path", OpenDocument, name);
            writer.WriteAttributeString("manifest", "media-type", OpenDocument, mime);
            writer.WriteEndElement();
        }
        writer.WriteEndElement();
    });

    private static string Name(XmlElement reference)
    {
        string name = Uri.UnescapeDataString(reference.GetAttribute("URI"));
        return AsicNames.IsSafe(name) ? name : throw new SignatureException("A name in the manifest leads out of the container.");
    }

    private static byte[] Xml(Action<XmlWriter> write)
    {
        using var output = new MemoryStream();
        using (var writer = XmlWriter.Create(output, Utf8))
            write(writer);
        return output.ToArray();
    }
}
