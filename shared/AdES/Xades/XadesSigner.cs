using System.Security.Cryptography;
using System.Text;
using System.Xml;
using Pechat.Pki;
using static Pechat.AdES.Xades.XmlIdentifiers;

namespace Pechat.AdES.Xades;

/// <summary>
/// Makes XAdES baseline signatures B-B and B-T (EN 319 132-1 §6.3) in two phases: <c>Prepare…</c> fixes the canonical SignedInfo,
/// <c>Complete</c> puts the value in. Files are written in canonical form, so that reading them again cannot change what was signed.
/// </summary>
public static class XadesSigner
{
    internal const string Kind = "XAdES";
    private const string XmlType = "text/xml";
    private const string OctetsType = "application/octet-stream";

    /// <summary>First phase over a whole XML document; the signature becomes the last child of its root.</summary>
    /// <param name="xml">The document, untrusted.</param>
    /// <param name="claims">What the signer says; the media type is <c>text/xml</c> when not stated.</param>
    /// <param name="certificate">The signer's certificate.</param>
    /// <param name="chain">Further certificates to carry.</param>
    /// <param name="algorithm">Algorithm of the signature.</param>
    /// <exception cref="SignatureException">The XML is malformed, has a DTD, is nested too deeply or repeats an Id.</exception>
    public static PendingSignature PrepareEnveloped(
        ReadOnlyMemory<byte> xml, SignatureClaims claims, Certificate certificate, IReadOnlyList<Certificate> chain, SignatureAlgorithm algorithm)
    {
        XmlDocument document = SignedXmlReader.Read(xml);
        byte[] digest = algorithm.Digest.Hash(Canonicalizer.Of(document, CanonicalForm.Exclusive));
        var reference = new XadesReference("", digest, claims.MimeType ?? XmlType) { Transforms = [EnvelopedTransform, Exclusive] };
        return Prepare(document, [reference], null, new SignatureWriter(claims, certificate, chain, algorithm), certificate, chain, algorithm);
    }

    /// <summary>First phase over elements of a document in which the signature will stand beside them, as the last child of the root.</summary>
    /// <param name="xml">The document, untrusted.</param>
    /// <param name="ids">Ids of the elements; none may be the root.</param>
    /// <param name="claims">What the signer says; the media type is <c>text/xml</c> when not stated.</param>
    /// <param name="certificate">The signer's certificate.</param>
    /// <param name="chain">Further certificates to carry.</param>
    /// <param name="algorithm">Algorithm of the signature.</param>
    /// <exception cref="SignatureException">The XML is refused, or an Id is missing or that of the root.</exception>
    public static PendingSignature PrepareInternallyDetached(
        ReadOnlyMemory<byte> xml, IReadOnlyList<string> ids, SignatureClaims claims, Certificate certificate, IReadOnlyList<Certificate> chain, SignatureAlgorithm algorithm)
    {
        XmlDocument document = SignedXmlReader.Read(xml);
        if (ids.Count == 0 || ids.Any(id => SignedXmlReader.Find(document, id) is not { } element || ReferenceEquals(element, document.DocumentElement)))
            throw new SignatureException("An element to be signed is missing, or it is the root, which would contain the signature.");
        XadesReference[] references = [.. ids.Select(id => XadesReference.ToElement(id, claims.MimeType ?? XmlType, Exclusive))];
        return Prepare(document, references, null, new SignatureWriter(claims, certificate, chain, algorithm), certificate, chain, algorithm);
    }

    /// <summary>First phase over XML that the signature will carry.</summary>
    /// <param name="xml">The document to carry, untrusted; what stands beside its root is not taken along.</param>
    /// <param name="claims">What the signer says; the media type is <c>text/xml</c> when not stated.</param>
    /// <param name="certificate">The signer's certificate.</param>
    /// <param name="chain">Further certificates to carry.</param>
    /// <param name="algorithm">Algorithm of the signature.</param>
    /// <exception cref="SignatureException">The XML is malformed, has a DTD, is nested too deeply or repeats an Id.</exception>
    public static PendingSignature PrepareEnvelopingXml(
        ReadOnlyMemory<byte> xml, SignatureClaims claims, Certificate certificate, IReadOnlyList<Certificate> chain, SignatureAlgorithm algorithm)
    {
        byte[] content = Canonicalizer.Of(SignedXmlReader.Read(xml).DocumentElement!, CanonicalForm.Inclusive, comments: true);
        var writer = new SignatureWriter(claims, certificate, chain, algorithm);
        var reference = XadesReference.ToElement(writer.ObjectId, claims.MimeType ?? XmlType, Exclusive);
        return Prepare(null, [reference], Encoding.UTF8.GetString(content), writer, certificate, chain, algorithm);
    }

    /// <summary>First phase over octets that the signature will carry in base64.</summary>
    /// <param name="content">What to sign.</param>
    /// <param name="claims">What the signer says.</param>
    /// <param name="certificate">The signer's certificate.</param>
    /// <param name="chain">Further certificates to carry.</param>
    /// <param name="algorithm">Algorithm of the signature.</param>
    public static PendingSignature PrepareEnveloping(
        ReadOnlyMemory<byte> content, SignatureClaims claims, Certificate certificate, IReadOnlyList<Certificate> chain, SignatureAlgorithm algorithm)
    {
        var writer = new SignatureWriter(claims, certificate, chain, algorithm);
        XadesReference reference = XadesReference.ToElement(writer.ObjectId, claims.MimeType ?? OctetsType, Base64Transform) with { Digest = algorithm.Digest.Hash(content.Span) };
        return Prepare(null, [reference], Convert.ToBase64String(content.Span), writer, certificate, chain, algorithm);
    }

    /// <summary>First phase over files of any size that are named and hashed.</summary>
    /// <param name="files">The files, at least one.</param>
    /// <param name="claims">What the signer says; each file has a media type of its own.</param>
    /// <param name="certificate">The signer's certificate.</param>
    /// <param name="chain">Further certificates to carry.</param>
    /// <param name="algorithm">Algorithm of the signature.</param>
    public static PendingSignature PrepareDetached(
        IReadOnlyList<XadesReference> files, SignatureClaims claims, Certificate certificate, IReadOnlyList<Certificate> chain, SignatureAlgorithm algorithm) =>
        PrepareDetached(null, files, claims, certificate, chain, algorithm);

    internal static PendingSignature PrepareDetached(
        XmlDocument? around, IReadOnlyList<XadesReference> files, SignatureClaims claims, Certificate certificate, IReadOnlyList<Certificate> chain, SignatureAlgorithm algorithm)
    {
        if (files.Count == 0 || files.Any(file => file.Digest.Length != algorithm.Digest.Length))
            throw new ArgumentException($"There must be a file, and a {algorithm.Digest} digest of each.", nameof(files));
        return Prepare(around, files, null, new SignatureWriter(claims, certificate, chain, algorithm), certificate, chain, algorithm);
    }

    /// <summary>Octets that a signature time stamp covers: the canonical SignatureValue element (§5.3).</summary>
    /// <param name="pending">Result of the first phase.</param>
    /// <param name="signature">Signature value; ECDSA as DER.</param>
    public static byte[] TimestampInput(PendingSignature pending, ReadOnlyMemory<byte> signature) =>
        Canonicalizer.Of(PutValue(SignedXmlReader.Read(pending.Document), pending, signature), CanonicalForm.Exclusive);

    /// <summary>Second phase.</summary>
    /// <param name="pending">Result of the first phase.</param>
    /// <param name="signature">Signature value; ECDSA as DER.</param>
    /// <param name="timestampToken">Token over <see cref="TimestampInput"/> (level B-T); null for level B-B.</param>
    /// <returns>The document or the signature, canonical XML in UTF-8.</returns>
    /// <exception cref="CryptographicException">The signature does not verify under the certificate, or the token is not over it.</exception>
    public static byte[] Complete(PendingSignature pending, ReadOnlyMemory<byte> signature, ReadOnlyMemory<byte>? timestampToken = null)
    {
        pending.Check(signature.Span, Kind);
        XmlDocument document = SignedXmlReader.Read(pending.Document);
        XmlElement value = PutValue(document, pending, signature);
        if (timestampToken is { } token)
        {
            ReadOnlyMemory<byte> stamp = TimestampCheck.Checked(token, Canonicalizer.Of(value, CanonicalForm.Exclusive), pending.Certificate);
            UnsignedProperties.Of((XmlElement)value.ParentNode!).AddTimestamp("xades", "SignatureTimeStamp", Etsi, stamp);
        }
        return Write(document);
    }

    private static PendingSignature Prepare(
        XmlDocument? document, IReadOnlyList<XadesReference> references, string? enveloped, SignatureWriter writer,
        Certificate certificate, IReadOnlyList<Certificate> chain, SignatureAlgorithm algorithm)
    {
        string text = writer.Write(references, enveloped);
        if (document is null)
            document = SignedXmlReader.Read(Encoding.UTF8.GetBytes(text));
        else
            document.DocumentElement!.AppendChild(document.ImportNode(SignedXmlReader.Read(Encoding.UTF8.GetBytes(text)).DocumentElement!, deep: true));
        // Everything stands in its place before it is hashed: read again, as everybody else will.
        document = SignedXmlReader.Read(Write(document));
        XmlElement signature = SignedXmlReader.Find(document, writer.Id)!;
        XmlElement signedInfo = signature["SignedInfo", Ds]!;
        foreach (XmlElement reference in signedInfo.GetElementsByTagName("Reference", Ds))
        {
            XmlElement digest = reference["DigestValue", Ds]!;
            if (digest.InnerText.Length == 0)
                digest.InnerText = Convert.ToBase64String(algorithm.Digest.Hash(Canonicalizer.Of(SignedXmlReader.Find(document, reference.GetAttribute("URI")[1..])!, CanonicalForm.Exclusive)));
        }
        return new PendingSignature(Kind, Canonicalizer.Of(signedInfo, CanonicalForm.Exclusive), certificate, chain, algorithm, Write(document));
    }

    /// <summary>The signature whose SignedInfo was signed gets its value: ECDSA as r‖s of the length of the curve (RFC 9231 §2.3.6).</summary>
    private static XmlElement PutValue(XmlDocument document, PendingSignature pending, ReadOnlyMemory<byte> signature)
    {
        XmlElement element = document.GetElementsByTagName("SignedInfo", Ds).OfType<XmlElement>()
            .Single(each => Canonicalizer.Of(each, CanonicalForm.Exclusive).AsSpan().SequenceEqual(pending.ToBeSigned.Span)).ParentNode!["SignatureValue", Ds]!;
        ReadOnlyMemory<byte> value = pending.Algorithm.Scheme != SignatureScheme.Ecdsa ? signature : EcdsaValue.ToFixedLength(signature, pending.Certificate.PublicKey.Curve switch
        {
            Oids.CurveP256 => 32,
            Oids.CurveP384 => 48,
            _ => 66,
        });
        element.InnerText = Convert.ToBase64String(value.Span);
        return element;
    }

    /// <summary>Canonical form with comments: reading it gives the same nodes again.</summary>
    internal static byte[] Write(XmlDocument document) => Canonicalizer.Of(document, CanonicalForm.Inclusive, comments: true);
}
