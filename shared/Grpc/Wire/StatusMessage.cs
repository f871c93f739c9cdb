using System.Text;

namespace Grpc.Core.Wire;

/// <summary>Percent-encoding of <c>grpc-message</c> (PROTOCOL-HTTP2, Status-Message).</summary>
internal static class StatusMessage
{
    private const string Hex = "0123456789ABCDEF";

    internal static string Encode(string message)
    {
        if (!message.AsSpan().ContainsAnyExceptInRange(' ', '~') && !message.Contains('%', StringComparison.Ordinal))
            return message;
        var encoded = new StringBuilder(message.Length + 16);
        foreach (byte b in Encoding.UTF8.GetBytes(message))
        {
            if (b is >= 0x20 and <= 0x7E and not (byte)'%')
                encoded.Append((char)b);
            else
                encoded.Append('%').Append(Hex[b >> 4]).Append(Hex[b & 15]);
        }
        return encoded.ToString();
    }

    /// <summary>Never fails: what is not valid percent-encoding stays as it is, as the protocol demands.</summary>
    internal static string Decode(string message)
    {
        if (!message.Contains('%', StringComparison.Ordinal))
            return message;
        var bytes = new List<byte>(message.Length);
        for (int i = 0; i < message.Length; i++)
        {
            if (message[i] == '%' && i + 2 < message.Length && char.IsAsciiHexDigit(message[i + 1]) && char.IsAsciiHexDigit(message[i + 2]))
            {
                bytes.Add((byte)((Convert.ToInt32(message.Substring(i + 1, 2), 16))));
                i += 2;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(message, i, 1));
            }
        }
        return Encoding.UTF8.GetString([.. bytes]);
    }
}
