using System.Globalization;
using System.Net.Mail;
using System.Text.RegularExpressions;
using Dapper;
using Grpc.Core;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Notifications.V1;
using Pechat.Hosting;
using Pechat.Notifications.Sending;
using Pechat.Persistence;

namespace Pechat.Notifications.Codes;

/// <summary>Sends one-time codes while the caller waits. The code is neither stored nor logged.</summary>
internal sealed partial class CodeSenderService(
    NpgsqlDataSource db, TextTemplates texts, MailSender mail, NotificationsOptions options, TimeProvider clock, ILogger<CodeSenderService> logger)
    : CodeSender.CodeSenderBase
{
    [Callers("identity", "registration", "signing")]
    public override Task<SendCodeReply> SendCode(SendCodeRequest request, ServerCallContext context)
    {
        CancellationToken ct = context.CancellationToken;
        if (!Guid.TryParseExact(request.MessageId, "D", out Guid id))
            throw FaultException.Invalid("invalid_request", "message_id must be a UUID");
        (string channel, MailAddress to) = AddressOf(request);
        string name = request.Channel == Channel.Sms ? request.Purpose + ".sms" : request.Purpose;
        if (!texts.Has(name))
            throw FaultException.Invalid("unknown_purpose", "there is no text for this purpose");
        if (request.Code.Length is 0 or > 64)
            throw FaultException.Invalid("invalid_request", "code must have 1 to 64 characters");
        RenderedText text = texts.Render(name, request.Language, new Dictionary<string, string>
        {
            ["code"] = request.Code, ["minutes"] = request.ValidMinutes.ToString(CultureInfo.InvariantCulture),
        });
        return db.InTransactionAsync(async tx =>
        {
            // The row is locked until the commit: a repeated call waits here and finds the code sent.
            var sent = await tx.Connection!.ExecuteScalarAsync<DateTime?>(new CommandDefinition("""
                insert into code_delivery (message_id, channel, purpose)
                values (@id, @channel, @Purpose)
                on conflict (message_id) do update set attempts = code_delivery.attempts + 1
                returning sent_at
                """,
                new { id, channel, request.Purpose }, tx, cancellationToken: ct));
            if (sent is not null)
                return new SendCodeReply();
            await SendAsync(id, channel, to, text, ct);
            await tx.Connection!.ExecuteAsync(new CommandDefinition(
                "update code_delivery set sent_at = @now where message_id = @id", new { id, now = clock.GetUtcNow() }, tx, cancellationToken: ct));
            return new SendCodeReply();
        }, ct);
    }

    private async Task SendAsync(Guid id, string channel, MailAddress to, RenderedText text, CancellationToken ct)
    {
        try
        {
            await mail.SendAsync(id, to, text, ct);
        }
        catch (Exception e) when (e is SmtpException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            NotSent(logger, id, channel, e.GetType().Name);
            throw FaultException.Unavailable("delivery_failed", "the message could not be handed over; try again", e);
        }
        Sent(logger, id, channel);
    }

    private (string Channel, MailAddress To) AddressOf(SendCodeRequest request) => request.Channel switch
    {
        Channel.Email when MailAddress.TryCreate(request.Recipient, out MailAddress? address) && address.Address == request.Recipient => ("email", address),
        Channel.Sms when E164().IsMatch(request.Recipient) => ("sms", options.SmsAddressOf(request.Recipient)),
        Channel.Email or Channel.Sms => throw FaultException.Invalid("invalid_recipient", "the recipient does not fit the channel"),
        _ => throw FaultException.Invalid("invalid_request", "the channel is unknown"),
    };

    [GeneratedRegex(@"^\+[1-9][0-9]{6,14}\z", RegexOptions.CultureInvariant)]
    private static partial Regex E164();

    [LoggerMessage(6101, LogLevel.Information, "Sent the code of message {Message} by {Channel}")]
    private static partial void Sent(ILogger logger, Guid message, string channel);

    [LoggerMessage(6102, LogLevel.Warning, "The code of message {Message} could not be sent by {Channel}: {Why}")]
    private static partial void NotSent(ILogger logger, Guid message, string channel, string why);
}
