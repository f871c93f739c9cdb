using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using SmtpServer;
using SmtpServer.ComponentModel;
using SmtpServer.Mail;
using SmtpServer.Protocol;
using SmtpServer.Storage;

namespace Pechat.Testing;

/// <summary>A real SMTP server that keeps what it gets. It can be stopped and started on the same port, and told to refuse.</summary>
public sealed class SmtpCapture : IAsyncDisposable
{
    private readonly ConcurrentQueue<CapturedMail> _mails = new();
    private CancellationTokenSource? _stop;
    private Task _running = Task.CompletedTask;

    /// <summary>Takes a free port and starts.</summary>
    public SmtpCapture()
    {
        Port = FreePort.Take();
        Start();
    }

    /// <summary>Port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Whether messages are refused with a temporary error (451).</summary>
    public bool Refuses { get; set; }

    /// <summary>What was accepted.</summary>
    public IReadOnlyList<CapturedMail> Mails => [.. _mails];

    /// <summary>Starts listening again.</summary>
    public void Start()
    {
        _stop = new();
        ISmtpServerOptions options = new SmtpServerOptionsBuilder().ServerName("localhost")
            .Endpoint(e => e.Endpoint(new IPEndPoint(IPAddress.Loopback, Port)).AllowUnsecureAuthentication(false)).Build();
        var services = new ServiceProvider();
        services.Add(new Store(this));
        _running = new SmtpServer.SmtpServer(options, services).StartAsync(_stop.Token);
    }

    /// <summary>Stops listening: connections are refused.</summary>
    public async Task StopAsync()
    {
        if (_stop is null)
            return;
        await _stop.CancelAsync();
        try
        {
            await _running;
        }
        catch (OperationCanceledException)
        {
            // that is how it stops
        }
        _stop.Dispose();
        _stop = null;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync();

    private sealed class Store(SmtpCapture owner) : MessageStore
    {
        public override Task<SmtpResponse> SaveAsync(
            ISessionContext context, IMessageTransaction transaction, ReadOnlySequence<byte> buffer, CancellationToken cancellationToken)
        {
            if (owner.Refuses)
                return Task.FromResult(new SmtpResponse(SmtpReplyCode.Aborted, "try again later"));
            owner._mails.Enqueue(new CapturedMail([.. transaction.To.Select(t => t.AsAddress())], Encoding.UTF8.GetString(buffer.ToArray())));
            return Task.FromResult(SmtpResponse.Ok);
        }
    }
}

/// <summary>A message as it came over SMTP.</summary>
/// <param name="Recipients">Envelope recipients.</param>
/// <param name="Raw">Headers and body as sent.</param>
public sealed partial record CapturedMail(IReadOnlyList<string> Recipients, string Raw)
{
    /// <summary>The subject, decoded (RFC 2047).</summary>
    public string Subject => EncodedWord().Replace(Unfold().Replace(Header("Subject"), ""), m =>
        Encoding.GetEncoding(m.Groups[1].Value).GetString(m.Groups[2].Value is "B" or "b" ? Convert.FromBase64String(m.Groups[3].Value) : QuotedPrintable(m.Groups[3].Value.Replace('_', ' '))));

    /// <summary>The body, decoded; of a message with one part.</summary>
    public string Text
    {
        get
        {
            string body = Raw[(Raw.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
            return Header("Content-Transfer-Encoding").Trim().ToUpperInvariant() switch
            {
                "BASE64" => Encoding.UTF8.GetString(Convert.FromBase64String(body)),
                "QUOTED-PRINTABLE" => Encoding.UTF8.GetString(QuotedPrintable(body.Replace("=\r\n", "", StringComparison.Ordinal))),
                _ => body,
            };
        }
    }

    /// <summary>The value of a header, folded as sent.</summary>
    public string Header(string name) => Regex.Match(Raw, $@"^{Regex.Escape(name)}:\s*([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", RegexOptions.Multiline | RegexOptions.IgnoreCase).Groups[1].Value;

    private static byte[] QuotedPrintable(string text)
    {
        var bytes = new List<byte>();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '=' && i + 2 < text.Length)
            {
                bytes.Add(Convert.ToByte(text.Substring(i + 1, 2), 16));
                i += 2;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(text, i, 1));
            }
        }
        return [.. bytes];
    }

    [GeneratedRegex(@"=\?([^?]+)\?([BbQq])\?([^?]*)\?=")]
    private static partial Regex EncodedWord();

    [GeneratedRegex(@"(?<=\?=)\r\n\s+(?==\?)|\r\n(?=\s)")]
    private static partial Regex Unfold();
}
