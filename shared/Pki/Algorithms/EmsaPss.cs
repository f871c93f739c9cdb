using System.Numerics;
using System.Security.Cryptography;

namespace Pechat.Pki;

/// <summary>
/// RSASSA-PSS verification with a salt of any length (RFC 8017 §8.1.2, §9.1.2). The base class library checks only salts as long as the hash; this
/// works on public values alone, so it need not take constant time.
/// </summary>
internal static class EmsaPss
{
    internal static bool Verify(RSAParameters key, DigestAlgorithm hash, int saltLength, ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature)
    {
        var modulus = new BigInteger(key.Modulus, isUnsigned: true, isBigEndian: true);
        var value = new BigInteger(signature, isUnsigned: true, isBigEndian: true);
        if (signature.Length != key.Modulus!.Length || digest.Length != hash.Length || value >= modulus)
            return false;
        int bits = (int)modulus.GetBitLength() - 1, length = (bits + 7) / 8;
        if (length < hash.Length + saltLength + 2)
            return false;
        BigInteger message = BigInteger.ModPow(value, new BigInteger(key.Exponent, isUnsigned: true, isBigEndian: true), modulus);
        if (message.GetByteCount(isUnsigned: true) > length)
            return false;
        byte[] encoded = new byte[length];
        message.TryWriteBytes(encoded.AsSpan(length - message.GetByteCount(isUnsigned: true)), out _, isUnsigned: true, isBigEndian: true);
        return VerifyEncoded(encoded, bits, hash, saltLength, digest);
    }

    private static bool VerifyEncoded(byte[] encoded, int bits, DigestAlgorithm hash, int saltLength, ReadOnlySpan<byte> digest)
    {
        Span<byte> masked = encoded.AsSpan(0, encoded.Length - hash.Length - 1);
        ReadOnlySpan<byte> h = encoded.AsSpan(masked.Length, hash.Length);
        int unused = (8 * encoded.Length) - bits;
        if (encoded[^1] != 0xBC || (masked[0] & ~(0xFF >> unused)) != 0)
            return false;
        Unmask(masked, h, hash);
        masked[0] &= (byte)(0xFF >> unused);
        int padding = masked.Length - saltLength - 1;
        if (masked[..padding].ContainsAnyExcept((byte)0) || masked[padding] != 1)
            return false;
        return hash.Hash([.. new byte[8], .. digest, .. masked[(padding + 1)..]]).AsSpan().SequenceEqual(h);
    }

    /// <summary>XORs with MGF1 of the seed (§B.2.1).</summary>
    private static void Unmask(Span<byte> masked, ReadOnlySpan<byte> seed, DigestAlgorithm hash)
    {
        byte[] input = [.. seed, 0, 0, 0, 0];
        for (int offset = 0, counter = 0; offset < masked.Length; counter++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(input.AsSpan(seed.Length), counter);
            foreach (byte each in hash.Hash(input).AsSpan(0, Math.Min(hash.Length, masked.Length - offset)))
                masked[offset++] ^= each;
        }
    }
}
