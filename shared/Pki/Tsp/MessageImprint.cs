using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>The hash that a timestamp request asks to bind (RFC 3161 §2.4.1).</summary>
/// <param name="HashAlgorithm">Digest algorithm as read; a token repeats it octet by octet.</param>
/// <param name="Digest">Hash value; the algorithm fixes its length in bytes, the caller checks it.</param>
public sealed record MessageImprint(AlgorithmIdentifier HashAlgorithm, ReadOnlyMemory<byte> Digest)
{
    private static readonly byte[] NullParameters = [0x05, 0x00];

    /// <summary>The imprint of data that is already hashed.</summary>
    /// <param name="algorithm">Digest algorithm.</param>
    /// <param name="digest">Hash value.</param>
    public static MessageImprint Of(DigestAlgorithm algorithm, ReadOnlyMemory<byte> digest) =>
        new(new AlgorithmIdentifier(algorithm.Oid, NullParameters), digest); // NULL is what deployed responders expect (RFC 3161 examples)

    /// <summary>True when it is this digest under this algorithm, with absent or NULL parameters.</summary>
    /// <param name="algorithm">Digest algorithm.</param>
    /// <param name="digest">Hash value.</param>
    public bool Matches(DigestAlgorithm algorithm, ReadOnlySpan<byte> digest) =>
        HashAlgorithm.Oid == algorithm.Oid && HashAlgorithm.HasNoParameters && Digest.Span.SequenceEqual(digest);

    /// <exception cref="AsnContentException">The data is not DER or has another shape.</exception>
    internal static MessageImprint Read(AsnReader reader)
    {
        AsnReader sequence = reader.ReadSequence();
        AlgorithmIdentifier algorithm = AlgorithmIdentifier.Read(sequence);
        ReadOnlyMemory<byte> digest = Der.Octets(sequence);
        sequence.ThrowIfNotEmpty();
        return new MessageImprint(algorithm, digest);
    }

    internal void Write(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            HashAlgorithm.Write(writer);
            writer.WriteOctetString(Digest.Span);
        }
    }
}
