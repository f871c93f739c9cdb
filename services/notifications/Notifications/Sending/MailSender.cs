using System.Net;
using System.Net.Mail;
using System.Text;

namespace Pechat.Notifications.Sending;

/// <summary>Hands a text to the mail server.</summary>
internal sealed class MailSender(NotificationsOptions options)
{
    /// <summary>Sends and returns when the server has accepted the message.</summary>
    /// <param name="id">Becomes the Message-ID, so that a text sent twice can be recognised.</param>
    /// <param name="to">The recipient.</param>
    /// <param name="text">Subject and body.</param>
    /// <param name="ct">Ends the attempt.</param>
    /// <exception cref="SmtpException">The server cannot be reached or refused.</exception>
    /// <exception cref="OperationCanceledException">The server took too long, or <paramref name="ct"/> fired.</exception>
    internal async Task SendAsync(Guid id, MailAddress to, RenderedText text, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(options.SmtpTimeout);
        using var message = new MailMessage(new MailAddress(options.From), to)
        {
            Subject = text.Subject,
            SubjectEncoding = Encoding.UTF8,
            Body = text.Body,
            BodyEncoding = Encoding.UTF8,
        };
        message.Headers.Add("Message-ID", $"<{id:N}@{new MailAddress(options.From).Host}>");
        message.Headers.Add("Auto-Submitted", "auto-generated"); // RFC 3834 §5
        using var client = new SmtpClient(options.SmtpHost, options.SmtpPort) { EnableSsl = options.SmtpTls };
        if (options.SmtpUser is not null)
            client.Credentials = new NetworkCredential(options.SmtpUser, (await File.ReadAllTextAsync(options.SmtpPasswordFile!, ct)).Trim());
        await client.SendMailAsync(message, patience.Token);
    }
}
