using System.Formats.Asn1;
using Pechat.Pki;

namespace Pechat.AdES.Pades;

/// <summary>
/// The first half of a remote signature: the file with room for the CMS, and the exact attributes to be signed. It can be
/// stored while the signer confirms; the second half uses these very octets and builds nothing anew.
/// </summary>
public sealed class PreparedSignature
{
    private const int Version = 1;

    internal PreparedSignature(
        ReadOnlyMemory<byte> file, int contentsOffset, int capacity, Certificate certificate, IReadOnlyList<Certificate> chain,
        SignatureAlgorithm algorithm, SignedAttributes attributes)
    {
        File = file;
        ContentsOffset = contentsOffset;
        Capacity = capacity;
        Certificate = certificate;
        Chain = chain;
        Algorithm = algorithm;
        Attributes = attributes;
    }

    /// <summary>DER SET OF of the signed attributes: what a key holder hashes and signs.</summary>
    public ReadOnlyMemory<byte> SignedAttributes => Attributes.ToBeSigned;

    /// <summary>The DTBSR: hash of <see cref="SignedAttributes"/> by <see cref="DigestAlgorithm"/>.</summary>
    public byte[] Digest => Attributes.Digest(DigestAlgorithm);

    /// <summary>Hash of the byte ranges of the file (the SDR), also in the message-digest attribute.</summary>
    public ReadOnlyMemory<byte> DocumentDigest => Attributes.MessageDigest;

    /// <summary>Hash of the document and of the attributes.</summary>
    public DigestAlgorithm DigestAlgorithm => Algorithm.Digest;

    /// <summary>Algorithm of the signature to come.</summary>
    public SignatureAlgorithm Algorithm { get; }

    /// <summary>The signer's certificate.</summary>
    public Certificate Certificate { get; }

    /// <summary>Further certificates that the CMS will carry.</summary>
    public IReadOnlyList<Certificate> Chain { get; }

    /// <summary>The file with zeros where the CMS goes.</summary>
    public ReadOnlyMemory<byte> File { get; }

    internal SignedAttributes Attributes { get; }

    /// <summary>Offset of the first hexadecimal digit of /Contents.</summary>
    internal int ContentsOffset { get; }

    /// <summary>Bytes of CMS that fit; twice as many digits.</summary>
    internal int Capacity { get; }

    /// <summary>One self-contained block of bytes, for storage on our own side.</summary>
    public byte[] Encode()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER, File.Length + (1 << 16));
        using (writer.PushSequence())
        {
            writer.WriteInteger(Version);
            writer.WriteInteger(ContentsOffset);
            writer.WriteInteger(Capacity);
            writer.WriteEncodedValue(Certificate.Encoded.Span);
            using (writer.PushSequence())
            {
                foreach (Certificate each in Chain)
                    writer.WriteEncodedValue(each.Encoded.Span);
            }
            writer.WriteCharacterString(UniversalTagNumber.UTF8String, Algorithm.JwaName);
            writer.WriteEncodedValue(SignedAttributes.Span);
            writer.WriteOctetString(File.Span);
        }
        return writer.Encode();
    }

    /// <summary>Reads what <see cref="Encode"/> wrote; the bytes must come from storage that only we write.</summary>
    /// <param name="encoded">The block.</param>
    /// <exception cref="AsnContentException">The block is not one of ours.</exception>
    public static PreparedSignature FromTrusted(ReadOnlyMemory<byte> encoded)
    {
        var outer = new AsnReader(encoded, AsnEncodingRules.DER);
        AsnReader reader = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        if (Integer(reader) != Version)
            throw new AsnContentException("The prepared signature has another version.");
        int offset = Integer(reader);
        int capacity = Integer(reader);
        Certificate certificate = Certificate.Parse(reader.ReadEncodedValue());
        var chain = new List<Certificate>();
        for (AsnReader list = reader.ReadSequence(); list.HasData;)
            chain.Add(Certificate.Parse(list.ReadEncodedValue()));
        string name = reader.ReadCharacterString(UniversalTagNumber.UTF8String);
        SignatureAlgorithm algorithm = SignatureAlgorithm.All.FirstOrDefault(each => each.JwaName == name)
            ?? throw new AsnContentException("The prepared signature names an unknown algorithm.");
        SignedAttributes attributes = Pki.SignedAttributes.Parse(reader.ReadEncodedValue());
        byte[] file = reader.ReadOctetString();
        reader.ThrowIfNotEmpty();
        if (offset < 0 || capacity < 0 || (long)offset + (2L * capacity) > file.Length)
            throw new AsnContentException("The room for the signature lies outside the file.");
        return new PreparedSignature(file, offset, capacity, certificate, chain, algorithm, attributes);
    }

    private static int Integer(AsnReader reader) =>
        reader.TryReadInt32(out int value) ? value : throw new AsnContentException("An integer is out of range.");
}
