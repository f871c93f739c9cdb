using System.Globalization;
using System.Text;
using System.Xml;
using Pechat.Pki;
using static Pechat.AdES.Xades.XmlIdentifiers;

namespace Pechat.AdES.Xades;

/// <summary>Writes <c>ds:Signature</c> with empty values where they are not known yet (EN 319 132-1 §4, §6.3).</summary>
internal sealed class SignatureWriter(SignatureClaims claims, Certificate certificate, IReadOnlyList<Certificate> chain, SignatureAlgorithm algorithm)
{
    private static readonly XmlWriterSettings Fragment = new() { ConformanceLevel = ConformanceLevel.Fragment, OmitXmlDeclaration = true, NewLineHandling = NewLineHandling.Entitize };

    /// <summary>Id of the signature, which the other Ids begin with.</summary>
    internal string Id { get; } = $"id-{Guid.NewGuid():N}";

    /// <summary>The element as text.</summary>
    /// <param name="references">What is signed.</param>
    /// <param name="enveloped">Content of a further <c>ds:Object</c> with the Id <see cref="ObjectId"/>, XML; null for none.</param>
    internal string Write(IReadOnlyList<XadesReference> references, string? enveloped)
    {
        var text = new StringBuilder();
        using (var writer = XmlWriter.Create(text, Fragment))
        {
            writer.WriteStartElement("ds", "Signature", Ds);
            writer.WriteAttributeString("Id", Id);
            WriteSignedInfo(writer, references);
            writer.WriteStartElement("ds", "SignatureValue", Ds);
            writer.WriteAttributeString("Id", Id + "-value");
            writer.WriteEndElement();
            WriteKeyInfo(writer);
            writer.WriteStartElement("ds", "Object", Ds);
            WriteProperties(writer, references);
            writer.WriteEndElement();
            if (enveloped is not null)
            {
                writer.WriteStartElement("ds", "Object", Ds);
                writer.WriteAttributeString("Id", ObjectId);
                writer.WriteRaw(enveloped);
                writer.WriteEndElement();
            }
            writer.WriteEndElement();
        }
        return text.ToString();
    }

    internal string ObjectId => Id + "-object";

    private string PropertiesId => Id + "-properties";

    private string ReferenceId(int index) => string.Create(CultureInfo.InvariantCulture, $"{Id}-reference-{index}");

    private void WriteSignedInfo(XmlWriter writer, IReadOnlyList<XadesReference> references)
    {
        writer.WriteStartElement("ds", "SignedInfo", Ds);
        WriteMethod(writer, "CanonicalizationMethod", Exclusive);
        WriteMethod(writer, "SignatureMethod", Of(algorithm));
        for (int i = 0; i < references.Count; i++)
            WriteReference(writer, references[i], ReferenceId(i), null);
        WriteReference(writer, XadesReference.ToElement(PropertiesId, "", Exclusive), null, SignedPropertiesType);
        writer.WriteEndElement();
    }

    private void WriteReference(XmlWriter writer, XadesReference reference, string? id, string? type)
    {
        writer.WriteStartElement("ds", "Reference", Ds);
        if (id is not null)
            writer.WriteAttributeString("Id", id);
        if (type is not null)
            writer.WriteAttributeString("Type", type);
        writer.WriteAttributeString("URI", reference.Uri);
        if (reference.Transforms.Count > 0)
        {
            writer.WriteStartElement("ds", "Transforms", Ds);
            foreach (string transform in reference.Transforms)
                WriteMethod(writer, "Transform", transform);
            writer.WriteEndElement();
        }
        WriteMethod(writer, "DigestMethod", Of(algorithm.Digest));
        writer.WriteElementString("ds", "DigestValue", Ds, Convert.ToBase64String(reference.Digest.Span));
        writer.WriteEndElement();
    }

    private void WriteKeyInfo(XmlWriter writer)
    {
        writer.WriteStartElement("ds", "KeyInfo", Ds);
        writer.WriteStartElement("ds", "X509Data", Ds);
        foreach (Certificate each in chain.Where(each => !each.Encoded.Span.SequenceEqual(certificate.Encoded.Span)).Prepend(certificate))
            writer.WriteElementString("ds", "X509Certificate", Ds, Convert.ToBase64String(each.Encoded.Span));
        writer.WriteEndElement();
        writer.WriteEndElement();
    }

    private void WriteProperties(XmlWriter writer, IReadOnlyList<XadesReference> references)
    {
        writer.WriteStartElement("xades", "QualifyingProperties", Etsi);
        writer.WriteAttributeString("Target", "#" + Id);
        Start("SignedProperties");
        writer.WriteAttributeString("Id", PropertiesId);
        Start("SignedSignatureProperties");
        writer.WriteElementString("xades", "SigningTime", Etsi, claims.SigningTime.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        Start("SigningCertificateV2"); // V1 is never written; issuerSerial only invites disagreement about its text
        Start("Cert");
        Start("CertDigest");
        WriteMethod(writer, "DigestMethod", Of(algorithm.Digest));
        writer.WriteElementString("ds", "DigestValue", Ds, Convert.ToBase64String(algorithm.Digest.Hash(certificate.Encoded.Span)));
        End(3);
        if (claims.Country is not null || claims.Locality is not null)
        {
            Start("SignatureProductionPlaceV2");
            if (claims.Locality is { } city)
                writer.WriteElementString("xades", "City", Etsi, city);
            if (claims.Country is { } country)
                writer.WriteElementString("xades", "CountryName", Etsi, country);
            End(1);
        }
        End(1);
        Start("SignedDataObjectProperties");
        for (int i = 0; i < references.Count; i++)
        {
            Start("DataObjectFormat");
            writer.WriteAttributeString("ObjectReference", "#" + ReferenceId(i));
            writer.WriteElementString("xades", "MimeType", Etsi, references[i].MimeType);
            End(1);
        }
        if (claims.Commitment is { } commitment)
        {
            Start("CommitmentTypeIndication");
            Start("CommitmentTypeId");
            writer.WriteElementString("xades", "Identifier", Etsi, Commitments + commitment);
            End(1);
            writer.WriteElementString("xades", "AllSignedDataObjects", Etsi, null);
            End(1);
        }
        End(3);

        void Start(string name) => writer.WriteStartElement("xades", name, Etsi);

        void End(int levels)
        {
            for (; levels > 0; levels--)
                writer.WriteEndElement();
        }
    }

    private static void WriteMethod(XmlWriter writer, string name, string algorithm)
    {
        writer.WriteStartElement("ds", name, Ds);
        writer.WriteAttributeString("Algorithm", algorithm);
        writer.WriteEndElement();
    }
}
