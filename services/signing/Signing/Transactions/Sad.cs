using System.Buffers.Text;
using System.Security.Cryptography;

namespace Pechat.Signing.Transactions;

/// <summary>
/// Signature activation data as clients hold it: transaction id and HMAC-SHA256 over it under a key of this service (S-5). It is derived
/// when it is needed, so nothing stored here can be used to sign; the activation module knows its SHA-256 and counts its use.
/// </summary>
internal sealed class Sad
{
    private const int IdLength = 16, Length = IdLength + HMACSHA256.HashSizeInBytes;
    private readonly byte[] _key;

    internal Sad(byte[] key) => _key = key;

    public Sad(SigningOptions options) : this(File.ReadAllBytes(options.SecretFile))
    {
    }

    /// <summary>The SAD of a transaction, always the same, base64url.</summary>
    internal string Of(Guid transactionId)
    {
        Span<byte> value = stackalloc byte[Length];
        Write(transactionId, value);
        return Base64Url.EncodeToString(value);
    }

    /// <summary>What the activation module is given to recognise it by.</summary>
    internal byte[] HashOf(Guid transactionId) => SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(Of(transactionId)));

    /// <summary>The transaction that a SAD belongs to; null when it was not made here (compared in constant time, S-9).</summary>
    internal Guid? Read(string sad)
    {
        Span<byte> given = stackalloc byte[Length + 2], expected = stackalloc byte[Length];
        if (sad.Length != Base64Url.GetEncodedLength(Length) || !Base64Url.IsValid(sad) || Base64Url.DecodeFromChars(sad, given) != Length)
            return null;
        var id = new Guid(given[..IdLength], bigEndian: true);
        Write(id, expected);
        return CryptographicOperations.FixedTimeEquals(given[..Length], expected) ? id : null;
    }

    private void Write(Guid id, Span<byte> value)
    {
        id.TryWriteBytes(value, bigEndian: true, out _);
        HMACSHA256.HashData(_key, value[..IdLength], value[IdLength..]);
    }
}
