namespace Pechat.Identity.OAuth;

/// <summary>Reads digests as clients write them (CSC profile D-13): Base64 or base64url, padded or not, percent-encoded once more, <c>+</c> become a blank.</summary>
internal static class DigestText
{
    private const int MaxBytes = 64;

    /// <summary>The bytes; null for anything else.</summary>
    internal static byte[]? TryDecode(string text)
    {
        string plain = (text.Contains('%', StringComparison.Ordinal) ? Uri.UnescapeDataString(text) : text)
            .Replace(' ', '+').Replace('-', '+').Replace('_', '/').TrimEnd('=');
        if (plain.Length is 0 or > 2 * MaxBytes || plain.Any(c => !(char.IsAsciiLetterOrDigit(c) || c is '+' or '/')))
            return null;
        byte[] bytes = new byte[plain.Length];
        return Convert.TryFromBase64String(plain.PadRight((plain.Length + 3) / 4 * 4, '='), bytes, out int length) && length <= MaxBytes ? bytes[..length] : null;
    }
}
