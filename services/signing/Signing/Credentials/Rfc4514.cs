using System.Formats.Asn1;
using System.Text;

namespace Pechat.Signing.Credentials;

/// <summary>Names as RFC 4514 strings that Java's X500Principal reads as well (D-11).</summary>
internal static class Rfc4514
{
    private static readonly Dictionary<string, string> Keywords = new()
    {
        ["2.5.4.3"] = "CN",
        ["2.5.4.4"] = "surname",
        ["2.5.4.5"] = "serialNumber",
        ["2.5.4.6"] = "C",
        ["2.5.4.7"] = "L",
        ["2.5.4.8"] = "ST",
        ["2.5.4.9"] = "STREET",
        ["2.5.4.10"] = "O",
        ["2.5.4.11"] = "OU",
        ["2.5.4.42"] = "givenName",
        ["0.9.2342.19200300.100.1.25"] = "DC",
        ["0.9.2342.19200300.100.1.1"] = "UID",
    };

    /// <param name="name">DER of a Name.</param>
    /// <exception cref="AsnContentException">It is none.</exception>
    internal static string Render(ReadOnlyMemory<byte> name)
    {
        var rdns = new List<string>();
        AsnReader sequence = new AsnReader(name, AsnEncodingRules.DER).ReadSequence();
        while (sequence.HasData)
        {
            var attributes = new List<string>();
            AsnReader rdn = sequence.ReadSetOf();
            while (rdn.HasData)
            {
                AsnReader attribute = rdn.ReadSequence();
                attributes.Add(Attribute(attribute.ReadObjectIdentifier(), attribute));
            }
            rdns.Add(string.Join('+', attributes));
        }
        rdns.Reverse(); // §2.1: last RDN first
        return string.Join(',', rdns);
    }

    private static string Attribute(string oid, AsnReader value)
    {
        Asn1Tag tag = value.PeekTag();
        bool isText = tag.TagClass == TagClass.Universal && (UniversalTagNumber)tag.TagValue is UniversalTagNumber.UTF8String
            or UniversalTagNumber.PrintableString or UniversalTagNumber.IA5String or UniversalTagNumber.BMPString or UniversalTagNumber.T61String;
        return isText && Keywords.TryGetValue(oid, out string? keyword)
            ? $"{keyword}={Escape(value.ReadCharacterString((UniversalTagNumber)tag.TagValue))}"
            : $"{oid}=#{Convert.ToHexStringLower(value.ReadEncodedValue().Span)}"; // §2.4
    }

    private static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length + 4);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            bool atEdge = (c is ' ' && (i == 0 || i == text.Length - 1)) || (c is '#' && i == 0);
            if (c == '\0')
                escaped.Append("\\00");
            else if (atEdge || c is '"' or '+' or ',' or ';' or '<' or '>' or '\\')
                escaped.Append('\\').Append(c);
            else
                escaped.Append(c);
        }
        return escaped.ToString();
    }
}
