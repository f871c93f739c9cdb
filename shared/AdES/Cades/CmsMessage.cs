using System.Formats.Asn1;
using Pechat.Pki;

namespace Pechat.AdES.Cades;

/// <summary>
/// SignedData as raw parts (RFC 5652 §5.1). What was read is written back octet by octet: nothing of a foreign signature that
/// somebody may have hashed is sorted or encoded anew; only the lengths around it change.
/// </summary>
internal sealed record CmsMessage
{
    internal int Version { get; init; } = 1;

    internal IReadOnlyList<ReadOnlyMemory<byte>> DigestAlgorithms { get; init; } = [];

    /// <summary>eContentType, dotted.</summary>
    internal string ContentType { get; init; } = Oids.Data;

    /// <summary>encapContentInfo with tag and length; empty for a detached message of our own.</summary>
    internal ReadOnlyMemory<byte> Encapsulated { get; init; }

    /// <summary>Content octets; null when detached.</summary>
    internal ReadOnlyMemory<byte>? Content { get; init; }

    internal IReadOnlyList<ReadOnlyMemory<byte>> Certificates { get; init; } = [];

    /// <summary>RevocationInfoChoices: CRLs, and OCSP responses under [1].</summary>
    internal IReadOnlyList<ReadOnlyMemory<byte>> Revocation { get; init; } = [];

    internal IReadOnlyList<CmsSigner> Signers { get; init; } = [];

    /// <summary>Reads untrusted BER.</summary>
    /// <exception cref="AsnContentException">The data has another shape or no signer.</exception>
    internal static CmsMessage Parse(ReadOnlyMemory<byte> encoded)
    {
        var outer = new AsnReader(encoded, AsnEncodingRules.BER);
        AsnReader contentInfo = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        if (contentInfo.ReadObjectIdentifier() != Oids.SignedData)
            throw new AsnContentException("This is no SignedData.");
        AsnReader body = contentInfo.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)).ReadSequence();
        contentInfo.ThrowIfNotEmpty();
        if (!body.TryReadInt32(out int version))
            throw new AsnContentException("The version is out of range.");
        List<ReadOnlyMemory<byte>> digests = CmsSigner.ReadElements(body.ReadSetOf());
        ReadOnlyMemory<byte> encapsulated = body.ReadEncodedValue();
        (string type, ReadOnlyMemory<byte>? content) = ReadContent(encapsulated);
        var message = new CmsMessage
        {
            Version = version,
            DigestAlgorithms = digests,
            ContentType = type,
            Encapsulated = encapsulated,
            Content = content,
            Certificates = ReadOptional(body, 0),
            Revocation = ReadOptional(body, 1),
            Signers = [.. CmsSigner.ReadElements(body.ReadSetOf()).Select(CmsSigner.Parse)],
        };
        body.ThrowIfNotEmpty();
        digests.ForEach(each => Oid(each)); // what is malformed is refused here and nowhere later
        return message.Signers.Count > 0 ? message : throw new AsnContentException("There is no signer.");
    }

    internal byte[] Encode()
    {
        ReadOnlyMemory<byte> encapsulated = Encapsulated.IsEmpty ? Tlv.Wrap(Tlv.Sequence, ContentTypeOid()) : Encapsulated;
        return Tlv.Wrap(Tlv.Sequence, SignedDataOid(), Tlv.Wrap(Tlv.Context0, Tlv.Wrap(Tlv.Sequence, Before(), encapsulated, After())));
    }

    /// <summary>The same with a content inside.</summary>
    internal CmsMessage Enveloping(ReadOnlyMemory<byte> content) => this with
    {
        Content = content,
        Encapsulated = Tlv.Wrap(Tlv.Sequence, ContentTypeOid(), Tlv.Wrap(Tlv.Context0, Tlv.Wrap(Tlv.OctetString, content))),
    };

    /// <summary>Writes the message with a content that never stands in memory as a whole; all lengths are definite (DER).</summary>
    /// <param name="content">Where the content comes from.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="digest">Hash of the content that was signed; checked while it passes.</param>
    /// <param name="algorithm">Algorithm of that hash.</param>
    /// <param name="output">Where it goes; worthless after an exception.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="SignatureException">The content is not the one that was signed.</exception>
    internal async Task WriteAsync(Stream content, long length, ReadOnlyMemory<byte> digest, DigestAlgorithm algorithm, Stream output, CancellationToken ct)
    {
        byte[] before = Before();
        byte[] after = After();
        byte[] type = ContentTypeOid();
        byte[] octets = Tlv.Header(Tlv.OctetString, length);
        byte[] explicitTag = Tlv.Header(Tlv.Context0, octets.Length + length);
        long encapsulated = type.Length + explicitTag.Length + octets.Length + length;
        byte[] encapsulatedHeader = Tlv.Header(Tlv.Sequence, encapsulated);
        long body = before.Length + encapsulatedHeader.Length + encapsulated + after.Length;
        byte[] bodyHeader = Tlv.Header(Tlv.Sequence, body);
        byte[] wrapper = Tlv.Header(Tlv.Context0, bodyHeader.Length + body);
        byte[] oid = SignedDataOid();
        byte[] header = Tlv.Header(Tlv.Sequence, oid.Length + wrapper.Length + bodyHeader.Length + body);
        await output.WriteAsync(Tlv.Join(header, oid, wrapper, bodyHeader, before, encapsulatedHeader, type, explicitTag, octets), ct).ConfigureAwait(false);
        (long copied, byte[] hash) = await ContentHash.CopyAsync(content, output, algorithm, ct).ConfigureAwait(false);
        if (copied != length || !digest.Span.SequenceEqual(hash))
            throw new SignatureException("The content is not the one that was signed.");
        await output.WriteAsync(after, ct).ConfigureAwait(false);
    }

    /// <summary>The same with a further signer, who signed in parallel, and his certificates.</summary>
    internal CmsMessage WithSigner(CmsSigner signer, IEnumerable<Certificate> certificates) => this with
    {
        DigestAlgorithms = WithDigest(signer.DigestAlgorithm),
        Certificates = certificates.Aggregate(Certificates, (all, each) => all.With(each.Encoded)),
        Signers = [.. Signers.Select(each => (ReadOnlyMemory<byte>)each.Encode()).ToArray().With(signer.Encode()).Select(CmsSigner.Parse)],
    };

    /// <summary>The same with one signer changed.</summary>
    internal CmsMessage WithSigner(int index, CmsSigner signer)
    {
        CmsSigner[] signers = [.. Signers];
        signers[index] = signer;
        return this with { Signers = signers };
    }

    /// <summary>digestAlgorithms with one more, unless it is there with other parameters.</summary>
    internal IReadOnlyList<ReadOnlyMemory<byte>> WithDigest(ReadOnlyMemory<byte> identifier) =>
        DigestAlgorithms.Any(each => Oid(each) == Oid(identifier)) ? DigestAlgorithms : DigestAlgorithms.With(identifier);

    private static string Oid(ReadOnlyMemory<byte> identifier) => new AsnReader(identifier, AsnEncodingRules.BER).ReadSequence().ReadObjectIdentifier();

    private byte[] Before() => Tlv.Join(
        Tlv.Wrap(Tlv.Integer, new[] { (byte)Math.Max(Version, LeastVersion()) }), Tlv.Wrap(Tlv.Set, DigestAlgorithms));

    private byte[] After() => Tlv.Join(
        Certificates.Count == 0 ? default : Tlv.Wrap(Tlv.Context0, Certificates),
        Revocation.Count == 0 ? default : Tlv.Wrap(Tlv.Context1, Revocation),
        Tlv.Wrap(Tlv.Set, [.. Signers.Select(each => (ReadOnlyMemory<byte>)each.Encode())]));

    /// <summary>RFC 5652 §5.1.</summary>
    private int LeastVersion()
    {
        if (Revocation.Any(each => each.Span[0] == Tlv.Context1) || Certificates.Any(each => each.Span[0] == 0xA3))
            return 5; // an OCSP response, or a certificate of another format
        if (Certificates.Any(each => each.Span[0] == 0xA2))
            return 4; // a version 2 attribute certificate
        return ContentType != Oids.Data || Certificates.Any(each => each.Span[0] == 0xA1) || Signers.Any(each => each.SignerId.Span[0] != Tlv.Sequence) ? 3 : 1;
    }

    private byte[] ContentTypeOid()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteObjectIdentifier(ContentType);
        return writer.Encode();
    }

    private static byte[] SignedDataOid() => [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];

    private static (string Type, ReadOnlyMemory<byte>? Content) ReadContent(ReadOnlyMemory<byte> encapsulated)
    {
        AsnReader reader = new AsnReader(encapsulated, AsnEncodingRules.BER).ReadSequence();
        string type = reader.ReadObjectIdentifier();
        if (!reader.HasData)
            return (type, null);
        byte[] content = reader.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)).ReadOctetString();
        reader.ThrowIfNotEmpty();
        return (type, content);
    }

    private static List<ReadOnlyMemory<byte>> ReadOptional(AsnReader body, int context) =>
        CmsSigner.NextIs(body, context) ? CmsSigner.ReadElements(body.ReadSetOf(new Asn1Tag(TagClass.ContextSpecific, context))) : [];
}
