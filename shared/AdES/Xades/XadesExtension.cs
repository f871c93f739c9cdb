using System.Security.Cryptography;
using System.Xml;
using Pechat.Pki;
using static Pechat.AdES.Xades.XmlIdentifiers;

namespace Pechat.AdES.Xades;

/// <summary>
/// Extends XAdES signatures, our own and others', to the levels T, LT and LTA (EN 319 132-1 §6.3). Files are written in canonical form:
/// the characters between tags may be spelt differently, but nothing that a signature or time stamp covers changes.
/// </summary>
public static class XadesExtension
{
    private static readonly string[] Extended =
    [
        "CompleteCertificateRefs", "CompleteCertificateRefsV2", "CompleteRevocationRefs", "AttributeCertificateRefs", "AttributeCertificateRefsV2",
        "AttributeRevocationRefs", "SigAndRefsTimeStamp", "SigAndRefsTimeStampV2", "RefsOnlyTimeStamp", "RefsOnlyTimeStampV2",
    ];

    /// <summary>Adds a signature time stamp (level T).</summary>
    /// <param name="xml">The document or signature, untrusted.</param>
    /// <param name="signature">Position of the signature in the document.</param>
    /// <param name="source">Who stamps.</param>
    /// <param name="digest">Hash of the imprint.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="SignatureException">The XML is refused or the signature may not be extended.</exception>
    /// <exception cref="CryptographicException">The token is not what was asked for.</exception>
    public static async Task<byte[]> StampAsync(ReadOnlyMemory<byte> xml, int signature, TimestampSource source, DigestAlgorithm digest, CancellationToken ct)
    {
        XmlElement target = At(SignedXmlReader.Read(xml), signature);
        byte[] input = Canonicalizer.Of(target["SignatureValue", Ds]!, CanonicalForm.Exclusive);
        ReadOnlyMemory<byte> token = await TimestampCheck.StampAsync(source, input, digest, ct).ConfigureAwait(false);
        UnsignedProperties.Of(target).AddTimestamp("xades", "SignatureTimeStamp", Etsi, token);
        return XadesSigner.Write(target.OwnerDocument);
    }

    /// <summary>Adds validation data (level LT).</summary>
    /// <param name="xml">The document or signature, untrusted.</param>
    /// <param name="signature">Position of the signature in the document.</param>
    /// <param name="data">Certificates and revocation data for the signer and for every time stamp.</param>
    /// <exception cref="SignatureException">The XML is refused, the signature has no time stamp or may not be extended.</exception>
    public static byte[] AddValidationData(ReadOnlyMemory<byte> xml, int signature, ValidationData data)
    {
        XmlElement target = At(SignedXmlReader.Read(xml), signature);
        var properties = UnsignedProperties.Of(target);
        if (!properties.All.Any(each => each.LocalName == "SignatureTimeStamp"))
            throw new SignatureException("Level LT needs a time stamp first.");
        properties.AddValidationData(data);
        return XadesSigner.Write(target.OwnerDocument);
    }

    /// <summary>Adds an archive time stamp over everything (level LTA, §5.5.2); it may be added again before the last one ages.</summary>
    /// <param name="xml">The document or signature, untrusted; validation data for its newest time stamp was added before.</param>
    /// <param name="signature">Position of the signature in the document.</param>
    /// <param name="open">Opens a signed file by its URI as written, percent-encoded; null when the signature refers to none.</param>
    /// <param name="source">Who stamps.</param>
    /// <param name="digest">Hash of the imprint.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="SignatureException">The XML is refused, the signature may not be extended, or a reference is not followed.</exception>
    /// <exception cref="CryptographicException">The token is not what was asked for.</exception>
    public static async Task<byte[]> ArchiveAsync(
        ReadOnlyMemory<byte> xml, int signature, Func<string, Stream>? open, TimestampSource source, DigestAlgorithm digest, CancellationToken ct)
    {
        XmlElement target = At(SignedXmlReader.Read(xml), signature);
        var properties = UnsignedProperties.Of(target);
        byte[] imprint = await ImprintAsync(target, properties, open, digest, ct).ConfigureAwait(false);
        ReadOnlyMemory<byte> token = await TimestampCheck.StampDigestAsync(source, imprint, digest, ct).ConfigureAwait(false);
        properties.AddTimestamp("xades141", "ArchiveTimeStamp", Etsi141, token); // the form of the old namespace is forbidden
        return XadesSigner.Write(target.OwnerDocument);
    }

    /// <summary>How many signatures there are.</summary>
    internal static int Count(ReadOnlyMemory<byte> xml) => SignedXmlReader.Read(xml).GetElementsByTagName("Signature", Ds).Count;

    /// <summary>ades.md 4.7: references, the three parts of the signature, the unsigned properties so far, further objects.</summary>
    internal static async Task<byte[]> ImprintAsync(XmlElement target, UnsignedProperties properties, Func<string, Stream>? open, DigestAlgorithm digest, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(digest.Name);
        var data = new ReferenceData(target, open);
        foreach (XmlElement reference in target["SignedInfo", Ds]!.ChildNodes.OfType<XmlElement>().Where(each => each.LocalName == "Reference").ToArray())
            await data.AppendAsync(reference, hash, ct).ConfigureAwait(false);
        IEnumerable<XmlElement?> parts = [target["SignedInfo", Ds], target["SignatureValue", Ds], target["KeyInfo", Ds], .. properties.All,
            .. target.ChildNodes.OfType<XmlElement>().Where(each => each.LocalName == "Object" && each["QualifyingProperties", Etsi] is null)];
        foreach (XmlElement part in parts.OfType<XmlElement>())
            hash.AppendData(Canonicalizer.Of(part, CanonicalForm.Exclusive));
        return hash.GetHashAndReset();
    }

    private static XmlElement At(XmlDocument document, int signature)
    {
        XmlElement[] all = [.. document.GetElementsByTagName("Signature", Ds).OfType<XmlElement>()];
        if (signature < 0 || signature >= all.Length || all[signature]["SignedInfo", Ds] is null || all[signature]["SignatureValue", Ds] is null)
            throw new SignatureException("There is no signature at this position.");
        if (UnsignedProperties.Of(all[signature]).All.FirstOrDefault(each => Extended.Contains(each.LocalName)) is { } extended)
            throw new SignatureException($"The signature has the property {extended.LocalName} of the extended profiles, which no baseline level allows.");
        return all[signature];
    }
}
