using System.Formats.Asn1;
using System.Security.Cryptography;
using Pechat.Pki;

namespace Pechat.AdES;

/// <summary>
/// The first half of a remote CAdES, XAdES or JAdES signature: the exact octets to be signed, and what the second half needs.
/// It can be stored while the signer confirms; the second half builds nothing anew (ades.md 1.3).
/// </summary>
public sealed class PendingSignature
{
    private const int Version = 1;

    internal PendingSignature(
        string kind, ReadOnlyMemory<byte> toBeSigned, Certificate certificate, IReadOnlyList<Certificate> chain, SignatureAlgorithm algorithm,
        ReadOnlyMemory<byte> document = default, int slot = 0)
    {
        Kind = kind;
        ToBeSigned = toBeSigned;
        Certificate = certificate;
        Chain = [.. chain.Where(each => !each.Encoded.Span.SequenceEqual(certificate.Encoded.Span))];
        Algorithm = algorithm;
        Document = document;
        Slot = slot;
    }

    /// <summary>Octets that are hashed and signed (DTBS).</summary>
    public ReadOnlyMemory<byte> ToBeSigned { get; }

    /// <summary>The DTBSR: hash of <see cref="ToBeSigned"/> by the hash of <see cref="Algorithm"/>; what a key holder signs.</summary>
    public byte[] Digest => Algorithm.Digest.Hash(ToBeSigned.Span);

    /// <summary>Algorithm of the signature to come.</summary>
    public SignatureAlgorithm Algorithm { get; }

    /// <summary>The signer's certificate.</summary>
    public Certificate Certificate { get; }

    /// <summary>Further certificates that the signature will carry, without the signer's.</summary>
    public IReadOnlyList<Certificate> Chain { get; }

    /// <summary>Which second half takes it.</summary>
    internal string Kind { get; }

    /// <summary>What the signature goes into, if that is there already.</summary>
    internal ReadOnlyMemory<byte> Document { get; }

    /// <summary>Where in <see cref="Document"/>, by the counting of the format.</summary>
    internal int Slot { get; }

    /// <summary>One self-contained block of bytes, for storage on our own side.</summary>
    public byte[] Encode()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(Version);
            writer.WriteCharacterString(UniversalTagNumber.UTF8String, Kind);
            writer.WriteOctetString(ToBeSigned.Span);
            writer.WriteEncodedValue(Certificate.Encoded.Span);
            using (writer.PushSequence())
            {
                foreach (Certificate each in Chain)
                    writer.WriteEncodedValue(each.Encoded.Span);
            }
            writer.WriteCharacterString(UniversalTagNumber.UTF8String, Algorithm.JwaName);
            writer.WriteOctetString(Document.Span);
            writer.WriteInteger(Slot);
        }
        return writer.Encode();
    }

    /// <summary>Reads what <see cref="Encode"/> wrote; the bytes must come from storage that only we write.</summary>
    /// <param name="encoded">The block.</param>
    /// <exception cref="AsnContentException">The block is not one of ours.</exception>
    public static PendingSignature FromTrusted(ReadOnlyMemory<byte> encoded)
    {
        var outer = new AsnReader(encoded, AsnEncodingRules.DER);
        AsnReader reader = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        if (reader.ReadInteger() != Version)
            throw new AsnContentException("The pending signature has another version.");
        string kind = reader.ReadCharacterString(UniversalTagNumber.UTF8String);
        byte[] toBeSigned = reader.ReadOctetString();
        Certificate certificate = Certificate.Parse(reader.ReadEncodedValue());
        var chain = new List<Certificate>();
        for (AsnReader list = reader.ReadSequence(); list.HasData;)
            chain.Add(Certificate.Parse(list.ReadEncodedValue()));
        string name = reader.ReadCharacterString(UniversalTagNumber.UTF8String);
        SignatureAlgorithm algorithm = SignatureAlgorithm.All.FirstOrDefault(each => each.JwaName == name)
            ?? throw new AsnContentException("The pending signature names an unknown algorithm.");
        byte[] document = reader.ReadOctetString();
        if (!reader.TryReadInt32(out int slot))
            throw new AsnContentException("An integer is out of range.");
        reader.ThrowIfNotEmpty();
        return new PendingSignature(kind, toBeSigned, certificate, chain, algorithm, document, slot);
    }

    /// <summary>A value that does not verify is never embedded (ades.md 0.2 step 4).</summary>
    internal void Check(ReadOnlySpan<byte> signature, params ReadOnlySpan<string> kinds)
    {
        if (!kinds.Contains(Kind))
            throw new ArgumentException($"This is a pending signature of the kind {Kind}.", nameof(kinds));
        if (!Certificate.PublicKey.Verify(Algorithm, ToBeSigned.Span, signature))
            throw new CryptographicException("The signature value does not verify under the signing certificate.");
    }
}
