using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Pechat.SignatureActivation.Jose;

/// <summary>A compact JWE with ECDH-ES and A256GCM (RFC 7516, RFC 7518 §4.6 and §5.3), nothing else.</summary>
internal sealed class Jwe
{
    private const int MaxLength = 4096, KeyLength = 32, IvLength = 12, TagLength = 16;
    private const string Encryption = "A256GCM";

    private readonly string _header;
    private readonly byte[] _partyU, _partyV, _iv, _ciphertext, _tag;

    private sealed record Header(string Alg, string Enc, Epk Epk, string? Kid = null, string? Apu = null, string? Apv = null, string? Typ = null);

    private sealed record Epk(string Kty, string Crv, string X, string Y);

    private Jwe(string encodedHeader, Header header, string[] parts)
    {
        _header = encodedHeader;
        KeyId = header.Kid;
        EphemeralKey = Jwk.From(header.Epk.Kty, header.Epk.Crv, header.Epk.X, header.Epk.Y);
        _partyU = StrictJson.Bytes(header.Apu ?? "");
        _partyV = StrictJson.Bytes(header.Apv ?? "");
        _iv = StrictJson.Bytes(parts[2]);
        _ciphertext = StrictJson.Bytes(parts[3]);
        _tag = StrictJson.Bytes(parts[4]);
    }

    internal string? KeyId { get; }

    /// <summary>The sender's ephemeral key, checked to lie on the curve.</summary>
    internal Jwk EphemeralKey { get; }

    /// <exception cref="JoseException">Malformed.</exception>
    internal static Jwe Parse(string compact)
    {
        if (compact.Length > MaxLength)
            throw new JoseException("the message is too long");
        string[] parts = compact.Split('.');
        if (parts.Length != 5)
            throw new JoseException("a compact JWE has five parts");
        Header header = StrictJson.Read<Header>(StrictJson.Bytes(parts[0]));
        if (header.Alg != "ECDH-ES" || header.Enc != Encryption)
            throw new JoseException($"only ECDH-ES with {Encryption} is accepted");
        if (parts[1].Length != 0)
            throw new JoseException("direct key agreement has no encrypted key"); // RFC 7516 §5.2 step 10
        var result = new Jwe(parts[0], header, parts);
        if (result._iv.Length != IvLength || result._tag.Length != TagLength)
            throw new JoseException("initialization vector or tag has the wrong length");
        return result;
    }

    /// <summary>Decrypts with the agreed secret, and clears it.</summary>
    /// <param name="sharedSecret">Z of the key agreement.</param>
    /// <returns>The plaintext; the caller clears it.</returns>
    /// <exception cref="JoseException">Encrypted to another key, or changed.</exception>
    internal byte[] Decrypt(byte[] sharedSecret)
    {
        byte[] key = DeriveKey(sharedSecret, Encryption, KeyLength, _partyU, _partyV);
        byte[] plaintext = new byte[_ciphertext.Length];
        try
        {
            using var gcm = new AesGcm(key, TagLength);
            gcm.Decrypt(_iv, _ciphertext, _tag, plaintext, Encoding.ASCII.GetBytes(_header));
            return plaintext;
        }
        catch (AuthenticationTagMismatchException)
        {
            throw new JoseException("the message does not decrypt");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(sharedSecret);
        }
    }

    /// <summary>Concat KDF with SHA-256, one round (RFC 7518 §4.6.2).</summary>
    internal static byte[] DeriveKey(ReadOnlySpan<byte> sharedSecret, string algorithm, int length, ReadOnlySpan<byte> partyU, ReadOnlySpan<byte> partyV)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        AppendNumber(hash, 1);
        hash.AppendData(sharedSecret);
        Append(hash, Encoding.ASCII.GetBytes(algorithm));
        Append(hash, partyU);
        Append(hash, partyV);
        AppendNumber(hash, length * 8);
        return hash.GetHashAndReset()[..length];
    }

    private static void Append(IncrementalHash hash, ReadOnlySpan<byte> value)
    {
        AppendNumber(hash, value.Length);
        hash.AppendData(value);
    }

    private static void AppendNumber(IncrementalHash hash, int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        hash.AppendData(bytes);
    }
}
