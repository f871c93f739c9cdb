using Pechat.Pki;

namespace Pechat.AdES.Cades;

/// <summary>What an archive-time-stamp-v3 covers (EN 319 122-1 §5.5.3).</summary>
internal static class ArchiveTimestamp
{
    /// <summary>DER of ATSHashIndexV3: hashes of the objects as stored, in the order stored.</summary>
    internal static byte[] HashIndex(CmsMessage message, CmsSigner signer, DigestAlgorithm digest) => HashIndex(
        message.Certificates, message.Revocation, signer.Unsigned.SelectMany(each => each.Values.Select(value => AttributeValue(each.Oid, value))), digest);

    internal static byte[] HashIndex(
        IEnumerable<ReadOnlyMemory<byte>> certificates, IEnumerable<ReadOnlyMemory<byte>> revocation, IEnumerable<ReadOnlyMemory<byte>> attributeValues, DigestAlgorithm digest)
    {
        return Tlv.Wrap(Tlv.Sequence, CadesAttributes.Identifier(digest), Hashes(certificates), Hashes(revocation), Hashes(attributeValues));

        ReadOnlyMemory<byte> Hashes(IEnumerable<ReadOnlyMemory<byte>> objects) =>
            Tlv.Wrap(Tlv.Sequence, [.. objects.Select(each => (ReadOnlyMemory<byte>)Tlv.Wrap(Tlv.OctetString, digest.Hash(each.Span)))]);
    }

    /// <summary>Of an unsigned attribute each value counts by itself, with its type before it.</summary>
    internal static ReadOnlyMemory<byte> AttributeValue(string oid, ReadOnlyMemory<byte> value) =>
        Tlv.Join(CadesAttributes.Der(writer => writer.WriteObjectIdentifier(oid)), value);

    /// <summary>The octets whose hash is the imprint.</summary>
    internal static byte[] Input(string contentType, ReadOnlyMemory<byte> contentDigest, CmsSigner signer, ReadOnlyMemory<byte> index) => Tlv.Join(
        CadesAttributes.Der(writer => writer.WriteObjectIdentifier(contentType)), contentDigest,
        signer.Version, signer.SignerId, signer.DigestAlgorithm, signer.SignedAttributes, signer.SignatureAlgorithm, signer.Signature, index);
}
