using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Pechat.MerkleLog;

/// <summary>The state of a log at a size (C2SP tlog-checkpoint): origin, size and root, signed as a note.</summary>
/// <param name="Origin">Name of the log: no blank, no plus sign, no line break.</param>
/// <param name="Size">Leaves.</param>
/// <param name="Root">Merkle tree hash over them.</param>
public sealed record Checkpoint(string Origin, long Size, byte[] Root)
{
    private const string SignatureStart = "\n\n\u2014 "; // the blank line and the dash before the first signature
    private const int KeyIdLength = 4, MaxLength = 4096;

    /// <summary>What is signed.</summary>
    public string Body => string.Create(CultureInfo.InvariantCulture, $"{Origin}\n{Size}\n{Convert.ToBase64String(Root)}\n");

    /// <summary>The signed note.</summary>
    /// <param name="publicKey">SubjectPublicKeyInfo of the log's key.</param>
    /// <param name="signature">ECDSA with SHA-256 over <see cref="Body"/> in UTF-8, DER.</param>
    public string Sign(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> signature) =>
        $"{Body}\n\u2014 {Origin} {Convert.ToBase64String([.. KeyId(publicKey), .. signature])}\n";

    /// <summary>The checkpoint in a note that the log's key signed.</summary>
    /// <param name="note">The signed note; signatures of others, such as witnesses, may stand beside the log's.</param>
    /// <param name="publicKey">SubjectPublicKeyInfo, P-256.</param>
    /// <returns>Null when it is no checkpoint, or the key did not sign it.</returns>
    /// <exception cref="CryptographicException">The key is none.</exception>
    public static Checkpoint? Open(string note, ReadOnlySpan<byte> publicKey)
    {
        ArgumentNullException.ThrowIfNull(note);
        int end = note.Length > MaxLength ? -1 : note.IndexOf(SignatureStart, StringComparison.Ordinal);
        if (end < 0 || !note.EndsWith('\n'))
            return null;
        string body = note[..(end + 1)];
        string[] lines = body.Split('\n');
        if (lines.Length != 4 || !long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out long size) || Decode(lines[2]) is not { Length: MerkleTree.HashLength } root)
            return null;
        var checkpoint = new Checkpoint(lines[0], size, root);
        using ECDsa key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(publicKey, out _);
        byte[] id = KeyId(publicKey);
        foreach (string line in note[(end + 2)..^1].Split('\n'))
        {
            if (checkpoint.Body == body && line.StartsWith($"\u2014 {checkpoint.Origin} ", StringComparison.Ordinal)
                && Decode(line[(line.LastIndexOf(' ') + 1)..]) is { Length: > KeyIdLength } signature && signature.AsSpan(0, KeyIdLength).SequenceEqual(id)
                && key.VerifyData(Encoding.UTF8.GetBytes(body), signature[KeyIdLength..], HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence))
                return checkpoint;
        }
        return null;
    }

    private static byte[] KeyId(ReadOnlySpan<byte> publicKey) => SHA256.HashData(publicKey)[..KeyIdLength];

    private static byte[]? Decode(string text)
    {
        byte[] bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out int length) ? bytes[..length] : null;
    }
}
