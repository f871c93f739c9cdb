using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Pechat.Signing.Transactions;

/// <summary>
/// The canonical text of what the signer is shown. The phone builds it from the members it displays, with <c>JSON.stringify</c>, and
/// refuses a request whose hash differs; the activation carries the hash (S-14). No blanks, members in this order.
/// </summary>
internal static class DisplayedText
{
    internal static byte[] Hash(SigningTransaction transaction) => SHA256.HashData(Encoding.UTF8.GetBytes(Render(transaction)));

    internal static string Render(SigningTransaction transaction)
    {
        var text = new StringBuilder(256 + (transaction.Digests.Length * 80));
        text.Append("{\"transaction\":");
        Quote(text, transaction.Id.ToString("D"));
        text.Append(",\"client\":");
        Quote(text, transaction.ClientId);
        text.Append(",\"description\":");
        Quote(text, transaction.Description);
        text.Append(",\"kind\":");
        Quote(text, transaction.Kind);
        text.Append(",\"hash_algorithm\":");
        Quote(text, transaction.HashAlgorithm);
        text.Append(",\"documents\":[");
        for (int i = 0; i < transaction.Digests.Length; i++)
        {
            text.Append(i == 0 ? "{\"name\":" : ",{\"name\":");
            Quote(text, transaction.Names[i]);
            text.Append(",\"digest\":");
            Quote(text, Base64Url.EncodeToString(transaction.Digests[i]));
            text.Append('}');
        }
        text.Append("],\"credential\":");
        Quote(text, transaction.CredentialId.ToString("D"));
        return text.Append('}').ToString();
    }

    /// <summary>ECMA-262 §25.5.2.3 QuoteJSONString; System.Text.Json escapes more than that.</summary>
    private static void Quote(StringBuilder text, string value)
    {
        text.Append('"');
        for (int i = 0; i < value.Length; i++)
        {
            char c = value[i];
            bool isPair = char.IsHighSurrogate(c) && i + 1 < value.Length && char.IsLowSurrogate(value[i + 1]);
            if (isPair)
                text.Append(c).Append(value[++i]);
            else if (c is '"' or '\\')
                text.Append('\\').Append(c);
            else if (c is '\b' or '\f' or '\n' or '\r' or '\t')
                text.Append('\\').Append(c switch { '\b' => 'b', '\f' => 'f', '\n' => 'n', '\r' => 'r', _ => 't' });
            else if (c < ' ' || char.IsSurrogate(c))
                text.Append("\\u").Append(((int)c).ToString("x4", System.Globalization.CultureInfo.InvariantCulture));
            else
                text.Append(c);
        }
        text.Append('"');
    }
}
