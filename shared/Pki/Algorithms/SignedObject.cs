using System.Formats.Asn1;

namespace Pechat.Pki;

/// <summary>SIGNED{} of X.509: what is signed, the algorithm, the signature. Certificates, requests, CRLs and OCSP responses have this shape.</summary>
public sealed class SignedObject
{
    private SignedObject(ReadOnlyMemory<byte> tbs, AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> signature)
    {
        Tbs = tbs;
        Algorithm = algorithm;
        Signature = signature;
    }

    /// <summary>Exactly the signed bytes.</summary>
    public ReadOnlyMemory<byte> Tbs { get; }

    /// <summary>Algorithm outside the signed part.</summary>
    public AlgorithmIdentifier Algorithm { get; }

    /// <summary>Signature value.</summary>
    public ReadOnlyMemory<byte> Signature { get; }

    /// <summary>Signs and assembles.</summary>
    /// <param name="tbs">DER of the part to sign; it already names the signer's algorithm where its type asks for it.</param>
    /// <param name="signer">Who signs.</param>
    /// <param name="ct">Gives up waiting.</param>
    public static async ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> tbs, ISigner signer, CancellationToken ct)
    {
        byte[] signature = await signer.SignAsync(tbs, ct).ConfigureAwait(false);
        return Assemble(tbs.Span, signer.Algorithm, signature);
    }

    /// <summary>Puts the three parts together.</summary>
    /// <param name="tbs">DER of the signed part.</param>
    /// <param name="algorithm">Algorithm.</param>
    /// <param name="signature">Signature value.</param>
    public static byte[] Assemble(ReadOnlySpan<byte> tbs, SignatureAlgorithm algorithm, ReadOnlySpan<byte> signature)
    {
        AsnWriter writer = Der.Writer();
        using (writer.PushSequence())
            WriteParts(writer, tbs, algorithm, signature);
        return writer.Encode();
    }

    /// <summary>Checks the signature; an algorithm outside our table verifies nothing.</summary>
    /// <param name="key">The signer's key.</param>
    public bool Verify(SubjectPublicKey key) =>
        SignatureAlgorithm.Find(Algorithm) is { } known && key.Verify(known, Tbs.Span, Signature.Span);

    internal static void WriteParts(AsnWriter writer, ReadOnlySpan<byte> tbs, SignatureAlgorithm algorithm, ReadOnlySpan<byte> signature)
    {
        writer.WriteEncodedValue(tbs);
        algorithm.Write(writer);
        writer.WriteBitString(signature);
    }

    internal static SignedObject Parse(ReadOnlyMemory<byte> der)
    {
        AsnReader sequence = Der.Sequence(der);
        SignedObject result = ReadParts(sequence);
        sequence.ThrowIfNotEmpty();
        return result;
    }

    internal static SignedObject ReadParts(AsnReader sequence)
    {
        ReadOnlyMemory<byte> tbs = sequence.ReadEncodedValue();
        AlgorithmIdentifier algorithm = AlgorithmIdentifier.Read(sequence);
        return new SignedObject(tbs, algorithm, Der.OctetBits(sequence));
    }
}
