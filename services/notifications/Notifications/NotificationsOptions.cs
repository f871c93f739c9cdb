using System.ComponentModel.DataAnnotations;
using System.Net.Mail;

namespace Pechat.Notifications;

/// <summary>Section Notifications.</summary>
internal sealed class NotificationsOptions : IValidatableObject
{
    /// <summary>Host of the mail server.</summary>
    [Required]
    public string SmtpHost { get; init; } = "127.0.0.1";

    /// <summary>Port of the mail server.</summary>
    [Range(1, 65535)]
    public int SmtpPort { get; init; } = 25;

    /// <summary>Whether STARTTLS is demanded.</summary>
    public bool SmtpTls { get; init; }

    /// <summary>User of the mail server, if it wants one.</summary>
    public string? SmtpUser { get; init; }

    /// <summary>File with that user's password.</summary>
    public string? SmtpPasswordFile { get; init; }

    /// <summary>Sender of all messages.</summary>
    [Required]
    public string From { get; init; } = "pechat@localhost";

    /// <summary>E-mail address of the SMS gateway for a number; <c>{number}</c> stands for it, in E.164 without the plus.</summary>
    [Required]
    public string SmsAddress { get; init; } = "{number}@sms.localhost";

    /// <summary>How long the mail server may take for one message.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan SmtpTimeout { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>How often notices that are due are looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:05:00")]
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Pause after the first failed attempt; it doubles up to an hour.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "01:00:00")]
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a notice is tried.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "30.00:00:00")]
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromDays(3);

    /// <summary>Where a text for a number in E.164 is mailed to.</summary>
    internal MailAddress SmsAddressOf(string number) => new(SmsAddress.Replace("{number}", number[1..], StringComparison.Ordinal));

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!MailAddress.TryCreate(From, out _))
            yield return new("is no e-mail address", [nameof(From)]);
        if (!SmsAddress.Contains("{number}", StringComparison.Ordinal) || !MailAddress.TryCreate(SmsAddress.Replace("{number}", "1", StringComparison.Ordinal), out _))
            yield return new("must be an e-mail address with {number} in it", [nameof(SmsAddress)]);
        if (SmtpUser is not null && !File.Exists(SmtpPasswordFile))
            yield return new("names no readable file", [nameof(SmtpPasswordFile)]);
    }
}
