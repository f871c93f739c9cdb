using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Pechat.Identity.OAuth;

namespace Pechat.Identity.Profile;

/// <summary>
/// The changing code that the app shows beside the profile identifier, to be typed at a relying party: six digits, a new one every
/// 30 seconds (RFC 6238 with HMAC-SHA-1), each good once. The secret is derived, so that no database holds it.
/// </summary>
internal sealed class ProfileCodes(SigningKeys keys)
{
    /// <summary>How long a code is shown.</summary>
    internal static readonly TimeSpan Step = TimeSpan.FromSeconds(30);

    private readonly byte[] _key = keys.Derive("pechat profile codes");

    /// <summary>The step of a time.</summary>
    internal static long StepOf(DateTimeOffset at) => at.ToUnixTimeSeconds() / (long)Step.TotalSeconds;

    /// <summary>A profile identifier such as <c>032-552574</c>, at random: it must not tell how many there are.</summary>
    internal static string NewNumber() =>
        string.Create(CultureInfo.InvariantCulture, $"{RandomNumberGenerator.GetInt32(1000):D3}-{RandomNumberGenerator.GetInt32(1_000_000):D6}");

    /// <summary>The code of a customer in a step.</summary>
    internal string CodeOf(Guid customer, long step) => Compute(HMACSHA256.HashData(_key, customer.ToByteArray(bigEndian: true)), step, 6);

    /// <summary>RFC 4226 §5.3 over the step.</summary>
    internal static string Compute(ReadOnlySpan<byte> secret, long step, int digits)
    {
        Span<byte> counter = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> mac = stackalloc byte[HMACSHA1.HashSizeInBytes];
#pragma warning disable CA5350 // HMAC-SHA-1 is what RFC 6238 codes are made with; its weakness in collisions does not matter here.
        HMACSHA1.HashData(secret, counter, mac);
#pragma warning restore CA5350
        int offset = mac[^1] & 15;
        int number = BinaryPrimitives.ReadInt32BigEndian(mac[offset..]) & int.MaxValue;
        return (number % (int)Math.Pow(10, digits)).ToString(new string('0', digits), CultureInfo.InvariantCulture);
    }
}
