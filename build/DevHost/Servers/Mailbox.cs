using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Pechat.DevHost.Servers;

/// <summary>One captured mail: its place in the order of arrival, and its text parts, decoded.</summary>
internal sealed record CapturedMail(int Number, string Recipient, string Subject, string Text)
{
    /// <summary>Message-ID (RFC 5322 §3.6.4): the same for a mail that had to be sent again.</summary>
    public string MessageId { get; init; } = "";

    public string Show() => $"To: {Recipient}\nSubject: {Subject}\n\n{Text}";
}

/// <summary>Reads what <see cref="MailCapture"/> has taken: as much of MIME (RFC 2045–2047) as our own service writes.</summary>
internal static partial class Mailbox
{
    public static IEnumerable<CapturedMail> All(Layout layout) =>
        Directory.GetFiles(layout.Mail, "*.eml").Order(StringComparer.Ordinal).Select(file => Parse(NumberOf(file), File.ReadAllText(file)));

    public static CapturedMail? Find(Layout layout, int number) => All(layout).FirstOrDefault(mail => mail.Number == number);

    public static int NumberOf(string file) => int.Parse(Path.GetFileNameWithoutExtension(file), CultureInfo.InvariantCulture);

    internal static CapturedMail Parse(int number, string source)
    {
        (Dictionary<string, string> headers, string body) = Split(source.ReplaceLineEndings("\n"));
        return new(number, headers.GetValueOrDefault("to", ""), DecodeWords(headers.GetValueOrDefault("subject", "")), DecodeBody(headers, body))
        {
            MessageId = headers.GetValueOrDefault("message-id", ""),
        };
    }

    private static (Dictionary<string, string> Headers, string Body) Split(string part)
    {
        int end = part.IndexOf("\n\n", StringComparison.Ordinal);
        string head = end < 0 ? part : part[..end];
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string line in FoldedLine().Replace(head, " ").Split('\n'))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
                headers[line[..colon]] = line[(colon + 1)..].Trim();
        }
        return (headers, end < 0 ? "" : part[(end + 2)..]);
    }

    private static string DecodeBody(Dictionary<string, string> headers, string body)
    {
        string type = headers.GetValueOrDefault("content-type", "text/plain");
        if (Boundary().Match(type) is { Success: true } boundary)
        {
            IEnumerable<string> parts = body.Split($"--{boundary.Groups[1].Value}").Skip(1).Where(part => !part.StartsWith("--", StringComparison.Ordinal));
            return string.Join('\n', parts.Select(part => Split(part.TrimStart('\n'))).Select(part => DecodeBody(part.Headers, part.Body)));
        }
        return headers.GetValueOrDefault("content-transfer-encoding", "7bit").ToLowerInvariant() switch
        {
            "base64" => Encoding.UTF8.GetString(Convert.FromBase64String(body)),
            "quoted-printable" => DecodeQuoted(body.Replace("=\n", "", StringComparison.Ordinal)),
            _ => body,
        };
    }

    private static string DecodeWords(string header) => EncodedWord().Replace(header, word =>
        word.Groups[1].Value is "B" or "b" ? Encoding.UTF8.GetString(Convert.FromBase64String(word.Groups[2].Value)) : DecodeQuoted(word.Groups[2].Value.Replace('_', ' ')));

    private static string DecodeQuoted(string text)
    {
        var bytes = new List<byte>();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '=' && i + 2 < text.Length)
            {
                bytes.Add(byte.Parse(text.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                i += 2;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(text, i, 1));
            }
        }
        return Encoding.UTF8.GetString([.. bytes]);
    }

    [GeneratedRegex(@"\n[ \t]+")]
    private static partial Regex FoldedLine();

    [GeneratedRegex("boundary=\"?([^\";]+)\"?", RegexOptions.IgnoreCase)]
    private static partial Regex Boundary();

    [GeneratedRegex(@"=\?utf-8\?([BbQq])\?([^?]*)\?=\s*", RegexOptions.IgnoreCase)]
    private static partial Regex EncodedWord();
}
