using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace Pechat.Signing.Transactions;

/// <summary>
/// Signature activation data as clients hold it: transaction id, version if it was renewed, and HMAC-SHA256 over them under a key of this
/// service (S-5). It is derived when it is needed, so nothing stored here can be used to sign; the activation module knows its SHA-256 and
/// counts its use.
/// </summary>
internal sealed class Sad
{
    private const int IdLength = 16, VersionLength = 4, MacLength = HMACSHA256.HashSizeInBytes;
    private readonly byte[] _key;

    internal Sad(byte[] key) => _key = key;

    public Sad(SigningOptions options) : this(File.ReadAllBytes(options.SecretFile))
    {
    }

    /// <summary>The SAD of a transaction, always the same, base64url.</summary>
    /// <param name="transactionId">The transaction.</param>
    /// <param name="version">How often it was renewed.</param>
    internal string Of(Guid transactionId, int version = 0)
    {
        Span<byte> value = stackalloc byte[IdLength + VersionLength + MacLength];
        return Base64Url.EncodeToString(value[..Write(transactionId, version, value)]);
    }

    /// <summary>What the activation module is given to recognise it by.</summary>
    internal byte[] HashOf(Guid transactionId, int version = 0) => SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(Of(transactionId, version)));

    /// <summary>The transaction and the version that a SAD belongs to; null when it was not made here (compared in constant time, S-9).</summary>
    internal (Guid TransactionId, int Version)? Read(string sad)
    {
        Span<byte> given = stackalloc byte[IdLength + VersionLength + MacLength + 2], expected = stackalloc byte[IdLength + VersionLength + MacLength];
        if (sad.Length > Base64Url.GetEncodedLength(expected.Length) || !Base64Url.IsValid(sad))
            return null;
        int length = Base64Url.DecodeFromChars(sad, given);
        if (length is not (IdLength + MacLength or IdLength + VersionLength + MacLength))
            return null;
        var id = new Guid(given[..IdLength], bigEndian: true);
        int version = length == expected.Length ? BinaryPrimitives.ReadInt32BigEndian(given[IdLength..]) : 0;
        int written = Write(id, version, expected);
        return CryptographicOperations.FixedTimeEquals(given[..length], expected[..written]) ? (id, version) : null;
    }

    private int Write(Guid id, int version, Span<byte> value)
    {
        id.TryWriteBytes(value, bigEndian: true, out _);
        int signed = IdLength;
        if (version > 0)
        {
            BinaryPrimitives.WriteInt32BigEndian(value[IdLength..], version);
            signed += VersionLength;
        }
        return signed + HMACSHA256.HashData(_key, value[..signed], value[signed..]);
    }
}
