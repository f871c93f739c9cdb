using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Pechat.Identity.Registration;

/// <summary>
/// Codes of six digits that confirm an e-mail address or a telephone (domain 5.8). A million values are soon tried, so the database holds
/// a keyed hash, and the key never enters it.
/// </summary>
/// <param name="key">HMAC key of 32 bytes.</param>
internal sealed class OneTimeCodes(byte[] key)
{
    /// <summary>How long a code is valid.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>How many wrong entries lock.</summary>
    public const int MaxWrongEntries = 5;

    /// <summary>How long wrong entries lock.</summary>
    public static readonly TimeSpan LockTime = TimeSpan.FromMinutes(15);

    /// <summary>How many codes one address gets within <see cref="LockTime"/>.</summary>
    public const int MaxSends = 3;

    /// <summary>A code of six digits, uniformly random.</summary>
    public static string New() => RandomNumberGenerator.GetInt32(1_000_000).ToString("D6", CultureInfo.InvariantCulture);

    /// <summary>What the database keeps.</summary>
    /// <param name="context">What the code is bound to, so that it confirms nothing else.</param>
    /// <param name="code">The code.</param>
    public byte[] Hash(string context, string code) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{context}\n{code}"));

    /// <summary>Compares in constant time.</summary>
    public bool Matches(byte[] stored, string context, string code) => CryptographicOperations.FixedTimeEquals(stored, Hash(context, code));
}
