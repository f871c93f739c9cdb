using System.Security.Cryptography;
using Pechat.Pki;

namespace Pechat.AdES.Cades;

/// <summary>
/// Extends CAdES signatures, our own and others', to the levels T, LT and LTA (EN 319 122-1 §6.3). Every octet that somebody may
/// have hashed stays as it is.
/// </summary>
public static class CadesExtension
{
    /// <summary>Adds a signature time stamp (level T).</summary>
    /// <param name="cms">The message, untrusted.</param>
    /// <param name="signer">Position of the signature.</param>
    /// <param name="source">Who stamps.</param>
    /// <param name="digest">Hash of the imprint.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="SignatureException">The message is malformed or may not be extended.</exception>
    /// <exception cref="CryptographicException">The token is not what was asked for.</exception>
    public static async Task<byte[]> StampAsync(ReadOnlyMemory<byte> cms, int signer, TimestampSource source, DigestAlgorithm digest, CancellationToken ct)
    {
        CmsMessage message = Extensible(cms);
        CmsSigner target = CadesSigner.At(message, signer);
        ReadOnlyMemory<byte> token = await TimestampCheck.StampAsync(source, target.SignatureValue, digest, ct).ConfigureAwait(false);
        return message.WithSigner(signer, target.WithUnsigned(Oids.SignatureTimestamp, token)).Encode();
    }

    /// <summary>Adds validation data at the root of the message (level LT); what is there already is not repeated.</summary>
    /// <param name="cms">The message, untrusted.</param>
    /// <param name="data">Certificates and revocation data for the signers and for every time stamp.</param>
    /// <exception cref="SignatureException">The message is malformed, has no time stamp, or may not be extended.</exception>
    public static byte[] AddValidationData(ReadOnlyMemory<byte> cms, ValidationData data)
    {
        CmsMessage message = Extensible(cms);
        if (!message.Signers.Any(each => each.Unsigned.Any(attribute => attribute.Oid is Oids.SignatureTimestamp)))
            throw new SignatureException("Level LT needs a time stamp first.");
        return Add(message, data).Encode();
    }

    /// <summary>Adds an archive time stamp over everything (level LTA); it may be added again before the last one ages.</summary>
    /// <param name="cms">The message, untrusted; validation data for its newest time stamp was added before.</param>
    /// <param name="signer">Position of the signature.</param>
    /// <param name="contentDigest">Hash of a detached content by <paramref name="digest"/>; null when the content is inside.</param>
    /// <param name="source">Who stamps.</param>
    /// <param name="digest">Hash of the index and of the imprint.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="SignatureException">The message is malformed, lacks its content's digest, or may not be extended.</exception>
    /// <exception cref="CryptographicException">The token is not what was asked for.</exception>
    public static async Task<byte[]> ArchiveAsync(
        ReadOnlyMemory<byte> cms, int signer, ReadOnlyMemory<byte>? contentDigest, TimestampSource source, DigestAlgorithm digest, CancellationToken ct)
    {
        CmsMessage message = Extensible(cms);
        message = message with { DigestAlgorithms = message.WithDigest(CadesAttributes.Identifier(digest)) };
        CmsSigner target = CadesSigner.At(message, signer);
        ReadOnlyMemory<byte> content = message.Content is { } inside ? digest.Hash(inside.Span)
            : contentDigest is { } given && given.Length == digest.Length ? given
            : throw new SignatureException("The hash of the detached content is needed.");
        byte[] index = ArchiveTimestamp.HashIndex(message, target, digest);
        byte[] input = ArchiveTimestamp.Input(message.ContentType, content, target, index);
        ReadOnlyMemory<byte> token = await TimestampCheck.StampAsync(source, input, digest, ct).ConfigureAwait(false);
        // §5.5.3: the index stands in the token's own unsigned attributes, which its signature does not cover but its imprint does
        CmsMessage stamp = CadesSigner.Read(token);
        byte[] indexed = stamp.WithSigner(0, stamp.Signers[0].WithUnsigned(CadesOids.HashIndexV3, index)).Encode();
        return message.WithSigner(signer, target.WithUnsigned(CadesOids.ArchiveTimestampV3, indexed)).Encode();
    }

    /// <summary>Adds validation data at the root of a time-stamp token, which its signature does not cover.</summary>
    internal static byte[] AddToTimestamp(ReadOnlyMemory<byte> token, ValidationData data) => Add(CadesSigner.Read(token), data).Encode();

    private static CmsMessage Add(CmsMessage message, ValidationData data) => message with
    {
        Certificates = data.Certificates.Aggregate(message.Certificates, (all, each) => all.With(each)),
        Revocation = data.Crls.Concat(data.OcspResponses.Select(Ocsp)).Aggregate(message.Revocation, (all, each) => all.With(each)),
    };

    /// <summary>OtherRevocationInfoFormat with the whole OCSPResponse (RFC 5940 §2.1).</summary>
    private static ReadOnlyMemory<byte> Ocsp(ReadOnlyMemory<byte> response) =>
        Tlv.Wrap(Tlv.Context1, CadesAttributes.Der(writer => writer.WriteObjectIdentifier(CadesOids.OcspResponse)), response);

    private static CmsMessage Extensible(ReadOnlyMemory<byte> cms)
    {
        CmsMessage message = CadesSigner.Read(cms);
        List<string> attributes = [.. message.Signers.SelectMany(each => each.Unsigned).Select(each => each.Oid)];
        if (attributes.Any(each => each is CadesOids.ArchiveTimestampV2 or CadesOids.LongTermValidation))
            throw new SignatureException("An archive time stamp of the old form covers the whole message, so nothing can be added.");
        if (attributes.Any(CadesOids.Extended.Contains))
            throw new SignatureException("The signature has attributes of the extended profiles, which no baseline level allows.");
        return message;
    }
}
