using System.Net.Mail;
using System.Text.Json;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Identity.V1;
using Pechat.Notifications.Sending;
using Pechat.Persistence;

namespace Pechat.Notifications.Notices;

/// <summary>Sends notices that are due, and tries again later what cannot be sent now. Safe with many replicas: each row is locked while it is sent.</summary>
internal sealed partial class DeliverNotices(
    NpgsqlDataSource db, CustomerDirectory.CustomerDirectoryClient customers, TextTemplates texts, MailSender mail,
    NotificationsOptions options, TimeProvider clock, ILogger<DeliverNotices> logger) : BackgroundService
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await DeliverOneAsync(stoppingToken))
                {
                    // the next one
                }
            }
            catch (NpgsqlException e) when (e.IsTransient)
            {
                Later(logger, e);
            }
            await Task.Delay(options.Interval, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Tries one notice.</summary>
    /// <returns>Whether one was due.</returns>
    internal Task<bool> DeliverOneAsync(CancellationToken ct) => db.InTransactionAsync(async tx =>
    {
        DateTimeOffset now = clock.GetUtcNow();
        var due = await tx.Connection!.QuerySingleOrDefaultAsync<Due>(new CommandDefinition("""
            select notice_id, customer_id, kind, facts, created_at, attempts, contact_change_id, contact_side
            from notice
            where state = 'pending' and next_attempt_at <= @now
            order by next_attempt_at
            limit 1
            for update skip locked
            """,
            new { now }, tx, cancellationToken: ct));
        if (due is null)
            return false;
        string? failure = await TryAsync(due, ct);
        bool over = failure is not null && now - due.CreatedAt > options.GiveUpAfter;
        if (over)
            GivenUp(logger, due.NoticeId, due.Kind, failure!);
        else if (failure is not null)
            NotSent(logger, due.NoticeId, due.Kind, failure);
        else
            Sent(logger, due.NoticeId, due.Kind);
        TimeSpan pause = options.RetryAfter * Math.Pow(2, Math.Min(due.Attempts, 12));
        await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            update notice
            set attempts = attempts + 1, state = @state, next_attempt_at = @next, ended_at = case when @state = 'pending' then null else @now end
            where notice_id = @NoticeId
            """,
            new
            {
                due.NoticeId, now, state = failure is null ? "sent" : over ? "given-up" : "pending",
                next = now + (pause < LongestPause ? pause : LongestPause),
            }, tx, cancellationToken: ct));
        return true;
    }, ct);

    // The reason why it could not be sent, without address and text; null when the mail server has it.
    private async Task<string?> TryAsync(Due due, CancellationToken ct)
    {
        try
        {
            Customer customer = await customers.GetCustomerAsync(new GetCustomerRequest { CustomerId = due.CustomerId.ToString("D") }, cancellationToken: ct);
            (MailAddress? to, string text) = await AddressAsync(due, customer, ct);
            if (to is null)
                return "no usable address";
            var facts = JsonSerializer.Deserialize<Dictionary<string, string>>(due.Facts)!;
            facts["link"] = ""; // for notices of the version that knew no link
            if (facts.TryGetValue(NoticeOfDeviceBound.DeviceFact, out string? device)) // a capability, so it is made only now
                facts["link"] = (await customers.GetNotMeLinkAsync(new GetNotMeLinkRequest { DeviceId = device }, cancellationToken: ct)).Url;
            await mail.SendAsync(due.NoticeId, to, texts.Render(text, customer.Language, facts), ct);
            return null;
        }
        catch (FaultException e)
        {
            return e.Code;
        }
        catch (Exception e) when (e is SmtpException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return e is SmtpException smtp ? smtp.StatusCode.ToString() : "timeout";
        }
    }

    // The present address, or one of a change that both are told of.
    private async Task<(MailAddress? To, string Text)> AddressAsync(Due due, Customer customer, CancellationToken ct)
    {
        string contact = customer.Email;
        if (due.ContactChangeId is { } change)
        {
            ContactChange changed = await customers.GetContactChangeAsync(new GetContactChangeRequest { ChangeId = change.ToString("D") }, cancellationToken: ct);
            contact = due.ContactSide == "old" ? changed.OldContact : changed.NewContact;
            if (changed.Channel == "phone")
                return (options.SmsAddressOf(contact), due.Kind + ".sms");
        }
        return (MailAddress.TryCreate(contact, out MailAddress? address) ? address : null, due.Kind);
    }

    private sealed record Due(
        Guid NoticeId, Guid CustomerId, string Kind, string Facts, DateTime CreatedAt, int Attempts, Guid? ContactChangeId, string? ContactSide);

    [LoggerMessage(6201, LogLevel.Information, "Sent notice {Notice} {Kind}")]
    private static partial void Sent(ILogger logger, Guid notice, string kind);

    [LoggerMessage(6202, LogLevel.Warning, "Notice {Notice} {Kind} is tried again later: {Why}")]
    private static partial void NotSent(ILogger logger, Guid notice, string kind, string why);

    [LoggerMessage(6203, LogLevel.Error, "Notice {Notice} {Kind} is given up: {Why}")]
    private static partial void GivenUp(ILogger logger, Guid notice, string kind, string why);

    [LoggerMessage(6204, LogLevel.Warning, "Notices wait for the database")]
    private static partial void Later(ILogger logger, Exception exception);
}
