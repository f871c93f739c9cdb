using System.Security.Cryptography;
using System.Text;
using System.Xml;
using static Pechat.AdES.Xades.XmlIdentifiers;

namespace Pechat.AdES.Xades;

/// <summary>
/// What the references of a signature cover, after their transforms (XML Signature §4.4.3). Only what cannot deceive is followed: elements by
/// their Id, the whole document, and files that the caller hands out; no XPath, no XSLT, nothing from a network (ades.md 4.3, 8.2).
/// </summary>
/// <param name="signature">The signature.</param>
/// <param name="open">Opens a file by its URI as written; null when there are none.</param>
internal sealed class ReferenceData(XmlElement signature, Func<string, Stream>? open)
{
    private const int MaxTransforms = 5;
    private const string WithComments = "#WithComments";

    /// <summary>Hashes what a reference covers; a set of nodes in exclusive form.</summary>
    /// <exception cref="SignatureException">The reference is of a kind that is not followed, or leads nowhere.</exception>
    internal async Task AppendAsync(XmlElement reference, IncrementalHash hash, CancellationToken ct)
    {
        string uri = reference.GetAttribute("URI");
        XmlElement[] transforms = [.. (reference["Transforms", Ds]?.ChildNodes.OfType<XmlElement>() ?? [])];
        if (!reference.HasAttribute("URI") || transforms.Length > MaxTransforms)
            throw new SignatureException("A reference without URI or with many transforms is not followed.");
        if (uri.Length == 0 || uri[0] == '#')
            hash.AppendData(Inside(uri, transforms));
        else if (transforms.Length > 0)
            throw new SignatureException("Transforms of a file are not followed.");
        else
            await AppendFileAsync(uri, hash, ct).ConfigureAwait(false);
    }

    private async Task AppendFileAsync(string uri, IncrementalHash hash, CancellationToken ct)
    {
        if (open is null)
            throw new SignatureException($"The file {uri} is needed.");
        await using Stream content = open(uri);
        byte[] buffer = new byte[1 << 16];
        for (int read; (read = await content.ReadAsync(buffer, ct).ConfigureAwait(false)) > 0;)
            hash.AppendData(buffer, 0, read);
    }

    private byte[] Inside(string uri, XmlElement[] transforms)
    {
        XmlDocument document = signature.OwnerDocument;
        XmlNode node = uri.Length == 0 ? document : SignedXmlReader.Find(document, uri[1..]) ?? throw new SignatureException($"There is no element {uri}.");
        XmlNode? except = null;
        byte[]? octets = null;
        foreach (XmlElement transform in transforms)
        {
            string algorithm = transform.GetAttribute("Algorithm");
            if (octets is not null || transform.ChildNodes.OfType<XmlElement>().Any())
                throw new SignatureException("Transforms with parameters, or after octets, are not followed.");
            // Same-document references leave comments out before any transform (XML Signature §4.4.3.3).
            if (algorithm == EnvelopedTransform)
                except = signature;
            else if (algorithm == Base64Transform)
                octets = Decode(node.InnerText);
            else
                octets = Canonicalizer.Of(node, Form(algorithm), except: except);
        }
        return octets ?? Canonicalizer.Of(node, CanonicalForm.Exclusive, except: except);
    }

    private static CanonicalForm Form(string algorithm) => algorithm.Replace(WithComments, "", StringComparison.Ordinal).TrimEnd('#') switch
    {
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315" => CanonicalForm.Inclusive,
        "http://www.w3.org/2006/12/xml-c14n11" => CanonicalForm.Inclusive11,
        "http://www.w3.org/2001/10/xml-exc-c14n" => CanonicalForm.Exclusive,
        _ => throw new SignatureException($"The transform {algorithm} is not followed."),
    };

    private static byte[] Decode(string base64)
    {
        byte[] octets = new byte[Encoding.UTF8.GetMaxByteCount(base64.Length)];
        return Convert.TryFromBase64String(base64, octets, out int length) ? octets[..length] : throw new SignatureException("An element that should hold base64 does not.");
    }
}
