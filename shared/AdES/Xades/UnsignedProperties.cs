using System.Xml;
using static Pechat.AdES.Xades.XmlIdentifiers;

namespace Pechat.AdES.Xades;

/// <summary>The unsigned properties of one signature (EN 319 132-1 §5.3, §5.4, §5.5); new ones come last, because later time stamps cover earlier ones.</summary>
internal sealed class UnsignedProperties
{
    private readonly XmlElement _properties;

    private UnsignedProperties(XmlElement properties) => _properties = properties;

    /// <summary>Properties in order.</summary>
    internal IEnumerable<XmlElement> All => _properties.ChildNodes.OfType<XmlElement>();

    /// <summary>Opens those of a signature, and makes room for them if there are none.</summary>
    /// <exception cref="SignatureException">The signature is no XAdES, or its unsigned properties stand elsewhere.</exception>
    internal static UnsignedProperties Of(XmlElement signature)
    {
        XmlElement[] qualifying = [.. signature.ChildNodes.OfType<XmlElement>().Where(each => each.LocalName == "Object" && each.NamespaceURI == Ds)
            .Select(each => each["QualifyingProperties", Etsi]).OfType<XmlElement>()];
        if (qualifying is not [var at] || at["SignedProperties", Etsi] is null)
            throw new SignatureException("The signature does not have exactly one set of XAdES properties.");
        foreach (string name in (string[])["UnsignedProperties", "UnsignedSignatureProperties"])
            at = at[name, Etsi] ?? Append(at, "xades", name, Etsi);
        return new UnsignedProperties(at);
    }

    /// <summary>A time stamp over canonical XML in exclusive form.</summary>
    internal void AddTimestamp(string prefix, string name, string space, ReadOnlyMemory<byte> token)
    {
        XmlElement stamp = Append(_properties, prefix, name, space);
        Append(stamp, "ds", "CanonicalizationMethod", Ds).SetAttribute("Algorithm", Exclusive);
        Append(stamp, "xades", "EncapsulatedTimeStamp", Etsi).InnerText = Convert.ToBase64String(token.Span);
    }

    /// <summary>CertificateValues and RevocationValues, or TimeStampValidationData with both when there are some already (each occurs once at most).</summary>
    internal void AddValidationData(ValidationData data)
    {
        bool isFirst = !All.Any(each => each.LocalName is "CertificateValues" or "RevocationValues");
        XmlElement at = isFirst ? _properties : Append(_properties, "xades141", "TimeStampValidationData", Etsi141);
        if (data.Certificates.Count > 0)
            AddValues(Append(at, "xades", "CertificateValues", Etsi), "EncapsulatedX509Certificate", data.Certificates);
        if (data.Crls.Count + data.OcspResponses.Count == 0)
            return;
        XmlElement revocation = Append(at, "xades", "RevocationValues", Etsi);
        if (data.Crls.Count > 0)
            AddValues(Append(revocation, "xades", "CRLValues", Etsi), "EncapsulatedCRLValue", data.Crls);
        if (data.OcspResponses.Count > 0)
            AddValues(Append(revocation, "xades", "OCSPValues", Etsi), "EncapsulatedOCSPValue", data.OcspResponses);
    }

    private static void AddValues(XmlElement at, string name, IReadOnlyList<ReadOnlyMemory<byte>> objects)
    {
        foreach (ReadOnlyMemory<byte> der in objects)
            Append(at, "xades", name, Etsi).InnerText = Convert.ToBase64String(der.Span);
    }

    /// <summary>A last child, with a declaration of its prefix where that means something else or nothing.</summary>
    private static XmlElement Append(XmlElement at, string prefix, string name, string space)
    {
        XmlElement added = at.OwnerDocument.CreateElement(prefix, name, space);
        if (at.GetNamespaceOfPrefix(prefix) != space)
            added.SetAttribute("xmlns:" + prefix, space);
        at.AppendChild(added);
        return added;
    }
}
