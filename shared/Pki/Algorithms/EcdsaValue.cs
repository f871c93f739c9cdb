using System.Formats.Asn1;
using System.Numerics;

namespace Pechat.Pki;

/// <summary>The two encodings of an ECDSA signature: DER in X.509 and CMS, fixed length in PKCS#11, JWS and XML.</summary>
public static class EcdsaValue
{
    /// <summary>r‖s to <c>SEQUENCE { r, s }</c> (RFC 3279 §2.2.3).</summary>
    /// <param name="fixedLength">Both numbers with the length of the field.</param>
    public static byte[] ToDer(ReadOnlySpan<byte> fixedLength)
    {
        int half = fixedLength.Length / 2;
        AsnWriter writer = Der.Writer();
        using (writer.PushSequence())
        {
            writer.WriteInteger(new BigInteger(fixedLength[..half], isUnsigned: true, isBigEndian: true));
            writer.WriteInteger(new BigInteger(fixedLength[half..], isUnsigned: true, isBigEndian: true));
        }
        return writer.Encode();
    }

    /// <summary><c>SEQUENCE { r, s }</c> to r‖s (RFC 7518 §3.4).</summary>
    /// <param name="der">Signature.</param>
    /// <param name="fieldLength">Octets of one number: 32 for P-256, 48 for P-384, 66 for P-521.</param>
    /// <exception cref="AsnContentException">The data is not DER, has another shape, or a number is negative or too long.</exception>
    public static byte[] ToFixedLength(ReadOnlyMemory<byte> der, int fieldLength)
    {
        AsnReader sequence = Der.Sequence(der);
        byte[] result = new byte[2 * fieldLength];
        Place(sequence.ReadInteger(), result.AsSpan(0, fieldLength));
        Place(sequence.ReadInteger(), result.AsSpan(fieldLength));
        sequence.ThrowIfNotEmpty();
        return result;
    }

    private static void Place(BigInteger number, Span<byte> destination)
    {
        if (number.Sign < 0 || number.GetByteCount(isUnsigned: true) > destination.Length)
            throw new AsnContentException("A number of the signature is out of range.");
        int length = number.GetByteCount(isUnsigned: true);
        number.TryWriteBytes(destination[^length..], out _, isUnsigned: true, isBigEndian: true);
    }
}
