namespace Pechat.CertificateStatus.Ocsp;

/// <summary>The request in the path of a GET: base64 of DER, percent-encoded more or less, its slashes as they are or doubled (RFC 6960 appendix A.1).</summary>
internal static class OcspPath
{
    /// <summary>Decodes a raw request target.</summary>
    /// <param name="rawTarget">As it stood in the request line.</param>
    /// <param name="prefix">Path before the base64.</param>
    /// <returns>DER; null when it is none of ours or no base64.</returns>
    internal static ReadOnlyMemory<byte>? Decode(string rawTarget, string prefix)
    {
        if (!rawTarget.StartsWith(prefix, StringComparison.Ordinal) || rawTarget.Length > 2 * AnswerOcsp.MaxRequest)
            return null;
        string text = Uri.UnescapeDataString(rawTarget[prefix.Length..]).Replace(' ', '+').TrimEnd('=');
        // A DER SEQUENCE starts with 0x30, so base64 of it starts with M; a slash before it is a leftover of joining URLs.
        text = text.StartsWith('/') ? text[1..] : text;
        byte[] der = new byte[text.Length * 3 / 4];
        if (text.Length == 0 || !Convert.TryFromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='), der, out int length))
            return null;
        return der.AsMemory(0, length);
    }
}
