using System.Xml;

namespace Pechat.AdES.Xades;

/// <summary>
/// Reads untrusted XML so that a signature over it means something: line ends normalised, white space kept, no DTD and so no
/// entities, nothing fetched, every Id once (ades.md 1.2, 4.3, 8.2).
/// </summary>
internal static class SignedXmlReader
{
    private const int MaxDepth = 200;
    private const long MaxCharacters = 256L << 20;
    private const string XmlNamespace = "http://www.w3.org/XML/1998/namespace";

    private static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = MaxCharacters, CheckCharacters = true,
    };

    /// <summary>Reads a document.</summary>
    /// <exception cref="SignatureException">The XML is malformed, has a DTD, is nested too deeply or repeats an Id.</exception>
    internal static XmlDocument Read(ReadOnlyMemory<byte> xml)
    {
        try
        {
            Check(xml);
            var document = new XmlDocument { PreserveWhitespace = true, XmlResolver = null };
            using XmlReader reader = Open(xml);
            document.Load(reader);
            return document;
        }
        catch (XmlException malformed)
        {
            throw new SignatureException("The XML is malformed or has a document type declaration.", malformed);
        }
    }

    /// <summary>The element with this Id, in any spelling of the attribute.</summary>
    internal static XmlElement? Find(XmlDocument document, string id)
    {
        for (XmlNode? node = document.DocumentElement; node is not null; node = Next(node))
        {
            if (node is XmlElement element && element.Attributes.Cast<XmlAttribute>().Any(each => IsId(each.LocalName, each.NamespaceURI) && each.Value == id))
                return element;
        }
        return null;
    }

    private static void Check(ReadOnlyMemory<byte> xml)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        using XmlReader reader = Open(xml);
        while (reader.Read())
        {
            if (reader.Depth > MaxDepth)
                throw new SignatureException("The XML is nested too deeply.");
            for (bool more = reader.MoveToFirstAttribute(); more; more = reader.MoveToNextAttribute())
            {
                if (IsId(reader.LocalName, reader.NamespaceURI) && !ids.Add(reader.Value)) // else a look-alike could stand in for what was signed
                    throw new SignatureException($"The Id {reader.Value} occurs twice.");
            }
        }
    }

    private static bool IsId(string name, string uri) => uri.Length == 0 ? name is "Id" or "ID" or "id" : uri == XmlNamespace && name == "id";

    private static XmlReader Open(ReadOnlyMemory<byte> xml) => XmlReader.Create(new MemoryStream(xml.ToArray(), writable: false), Settings);

    private static XmlNode? Next(XmlNode node)
    {
        if (node.FirstChild is { } child)
            return child;
        for (XmlNode? at = node; at is not null; at = at.ParentNode)
        {
            if (at.NextSibling is { } sibling)
                return sibling;
        }
        return null;
    }
}
