using System.ComponentModel.DataAnnotations;

namespace Pechat.Messaging;

/// <summary>Section <c>Messaging</c>: the broker, and how the outbox is emptied.</summary>
public sealed class MessagingOptions
{
    /// <summary>Host name or address of RabbitMQ.</summary>
    [Required]
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>AMQP port.</summary>
    [Range(1, 65535)]
    public ushort Port { get; init; } = 5672;

    /// <summary>Virtual host.</summary>
    [Required]
    public string VirtualHost { get; init; } = "/";

    /// <summary>User of the broker.</summary>
    [Required]
    public string User { get; init; } = "";

    /// <summary>File with the user's password.</summary>
    [Required]
    public string PasswordFile { get; init; } = "";

    /// <summary>Whether the connection is TLS.</summary>
    public bool Tls { get; init; }

    /// <summary>How many messages one consumer has in hand at most.</summary>
    [Range(1, 1000)]
    public ushort Prefetch { get; init; } = 16;

    /// <summary>How often a consumer tries before a message goes to the <c>_error</c> queue; a database that is down does not count.</summary>
    [Range(1, 20)]
    public int Retries { get; init; } = 4;

    /// <summary>The first pause between two tries; it doubles.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan RetryInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long the relay waits when nothing wakes it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan RelayInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How many messages the relay sends in one transaction.</summary>
    [Range(1, 1000)]
    public int RelayBatch { get; init; } = 100;

    /// <summary>How long the relay waits for the broker's confirmation.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan ConfirmTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long sent messages are kept.</summary>
    public TimeSpan KeepSent { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How long accepted message ids are kept; longer than any message may wait in a queue.</summary>
    public TimeSpan KeepAccepted { get; init; } = TimeSpan.FromDays(30);
}
