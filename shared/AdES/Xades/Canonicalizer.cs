using System.Text;
using System.Xml;

namespace Pechat.AdES.Xades;

/// <summary>The canonical forms that XML signatures use.</summary>
internal enum CanonicalForm
{
    /// <summary>Canonical XML 1.0.</summary>
    Inclusive,

    /// <summary>Canonical XML 1.1.</summary>
    Inclusive11,

    /// <summary>Exclusive Canonical XML 1.0: independent of where the element stands.</summary>
    Exclusive,
}

/// <summary>
/// Canonical XML 1.0 and 1.1 and Exclusive Canonical XML 1.0 of a document or of one element with all it contains, read by
/// <see cref="SignedXmlReader"/> (no DTD, so no entities and no default attributes).
/// </summary>
internal sealed class Canonicalizer
{
    private const string XmlNamespace = "http://www.w3.org/XML/1998/namespace";
    private const string XmlnsNamespace = "http://www.w3.org/2000/xmlns/";

    private readonly StringBuilder _output = new();
    private readonly CanonicalForm _form;
    private readonly bool _comments;
    private readonly XmlNode? _except;

    private Canonicalizer(CanonicalForm form, bool comments, XmlNode? except)
    {
        _form = form;
        _comments = comments;
        _except = except;
    }

    /// <summary>The canonical octets, UTF-8.</summary>
    /// <param name="apex">Document or element; it is read in the context of its ancestors.</param>
    /// <param name="form">Which form.</param>
    /// <param name="comments">Whether comments stay.</param>
    /// <param name="except">A node inside that is left out, as the enveloped-signature transform does.</param>
    /// <exception cref="SignatureException">An inherited <c>xml:base</c> would have to be joined (C14N 1.1 §2.4).</exception>
    internal static byte[] Of(XmlNode apex, CanonicalForm form, bool comments = false, XmlNode? except = null)
    {
        var canonicalizer = new Canonicalizer(form, comments, except);
        if (apex is XmlDocument document)
            canonicalizer.WriteDocument(document);
        else
            canonicalizer.WriteElement((XmlElement)apex, [], isApex: true);
        return Encoding.UTF8.GetBytes(canonicalizer._output.ToString());
    }

    private void WriteDocument(XmlDocument document)
    {
        bool after = false; // C14N 1.0 §2.3: what stands beside the root is kept apart from it by one line feed
        foreach (XmlNode node in document.ChildNodes)
        {
            if (node is XmlElement root)
            {
                WriteElement(root, [], isApex: true);
                after = true;
            }
            else if (node is XmlProcessingInstruction || (node is XmlComment && _comments))
            {
                if (after)
                    _output.Append('\n');
                WriteNode(node, []);
                if (!after)
                    _output.Append('\n');
            }
        }
    }

    private void WriteNode(XmlNode node, Dictionary<string, string> rendered)
    {
        switch (node)
        {
            case XmlElement element when !ReferenceEquals(element, _except):
                WriteElement(element, rendered, isApex: false);
                break;
            case XmlText or XmlCDataSection or XmlWhitespace or XmlSignificantWhitespace:
                Escape(node.Value!, isAttribute: false);
                break;
            case XmlProcessingInstruction instruction:
                _output.Append("<?").Append(instruction.Target);
                if (instruction.Data.Length > 0)
                    _output.Append(' ').Append(instruction.Data.Replace("\r", "&#xD;", StringComparison.Ordinal));
                _output.Append("?>");
                break;
            case XmlComment comment when _comments:
                _output.Append("<!--").Append(comment.Value!.Replace("\r", "&#xD;", StringComparison.Ordinal)).Append("-->");
                break;
        }
    }

    private void WriteElement(XmlElement element, Dictionary<string, string> rendered, bool isApex)
    {
        _output.Append('<').Append(element.Name);
        foreach ((string prefix, string uri) in Namespaces(element, ref rendered, isApex))
        {
            _output.Append(prefix.Length == 0 ? " xmlns" : " xmlns:").Append(prefix).Append("=\"");
            Escape(uri, isAttribute: true);
            _output.Append('"');
        }
        foreach (XmlAttribute attribute in Attributes(element, isApex))
        {
            _output.Append(' ').Append(attribute.Name).Append("=\"");
            Escape(attribute.Value, isAttribute: true);
            _output.Append('"');
        }
        _output.Append('>');
        for (XmlNode? child = element.FirstChild; child is not null; child = child.NextSibling)
            WriteNode(child, rendered);
        _output.Append("</").Append(element.Name).Append('>');
    }

    /// <summary>Declarations to write here; <paramref name="rendered"/> becomes what holds for the children.</summary>
    private SortedDictionary<string, string> Namespaces(XmlElement element, ref Dictionary<string, string> rendered, bool isApex)
    {
        var result = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string prefix, string uri) in _form == CanonicalForm.Exclusive ? Utilized(element) : Declared(element, isApex))
        {
            // An empty default namespace is written only where it takes another one back.
            if (prefix != "xml" && rendered.GetValueOrDefault(prefix, prefix.Length == 0 ? "" : "\0") != uri)
                result[prefix] = uri;
        }
        if (result.Count > 0)
        {
            rendered = new Dictionary<string, string>(rendered, StringComparer.Ordinal);
            foreach ((string prefix, string uri) in result)
                rendered[prefix] = uri;
        }
        return result;
    }

    /// <summary>Exclusive C14N §3: prefixes that the element's own name or its attributes use.</summary>
    private static IEnumerable<(string Prefix, string Uri)> Utilized(XmlElement element)
    {
        yield return (element.Prefix, element.NamespaceURI);
        foreach (XmlAttribute attribute in element.Attributes)
        {
            if (attribute.Prefix.Length > 0 && attribute.NamespaceURI != XmlnsNamespace)
                yield return (attribute.Prefix, attribute.NamespaceURI);
        }
    }

    /// <summary>All declarations in scope at the apex, only its own at any other element.</summary>
    private static IEnumerable<(string Prefix, string Uri)> Declared(XmlElement element, bool isApex)
    {
        var declared = new Dictionary<string, string>(StringComparer.Ordinal);
        for (XmlElement? at = element; at is not null; at = isApex ? at.ParentNode as XmlElement : null)
        {
            foreach (XmlAttribute attribute in at.Attributes)
            {
                if (attribute.NamespaceURI == XmlnsNamespace)
                    declared.TryAdd(attribute.Prefix.Length == 0 ? "" : attribute.LocalName, attribute.Value);
            }
        }
        return declared.Select(each => (each.Key, each.Value));
    }

    private IEnumerable<XmlAttribute> Attributes(XmlElement element, bool isApex)
    {
        List<XmlAttribute> attributes = [.. element.Attributes.Cast<XmlAttribute>().Where(each => each.NamespaceURI != XmlnsNamespace)];
        if (isApex && _form != CanonicalForm.Exclusive)
        {
            for (XmlElement? at = element.ParentNode as XmlElement; at is not null; at = at.ParentNode as XmlElement)
                attributes.AddRange(at.Attributes.Cast<XmlAttribute>().Where(each => IsInherited(each) && !attributes.Exists(own => own.Name == each.Name)).ToArray());
        }
        return attributes.OrderBy(each => each.NamespaceURI, StringComparer.Ordinal).ThenBy(each => each.LocalName, StringComparer.Ordinal);
    }

    private bool IsInherited(XmlAttribute attribute)
    {
        if (attribute.NamespaceURI != XmlNamespace)
            return false;
        if (_form == CanonicalForm.Inclusive)
            return true;
        if (attribute.LocalName == "base")
            throw new SignatureException("An xml:base outside the signed element is not supported with Canonical XML 1.1.");
        return attribute.LocalName is "lang" or "space"; // C14N 1.1 §2.4: xml:id is not inherited
    }

    private void Escape(string text, bool isAttribute)
    {
        ReadOnlySpan<char> rest = text;
        ReadOnlySpan<char> special = isAttribute ? "&<\"\t\n\r" : "&<>\r";
        for (int at; (at = rest.IndexOfAny(special)) >= 0; rest = rest[(at + 1)..])
        {
            _output.Append(rest[..at]).Append(rest[at] switch
            {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&quot;",
                '\t' => "&#x9;",
                '\n' => "&#xA;",
                _ => "&#xD;",
            });
        }
        _output.Append(rest);
    }
}
