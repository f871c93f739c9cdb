using System.Text.Json;
using Dapper;
using MassTransit;
using Npgsql;
using Pechat.Persistence;

namespace Pechat.Notifications.Notices;

/// <summary>A notice that a customer shall get.</summary>
internal static class Notice
{
    /// <summary>Keeps the notice of an event once; <see cref="DeliverNotices"/> does the rest.</summary>
    internal static Task KeepAsync(
        NpgsqlDataSource db, ConsumeContext context, string consumer, Guid customer, string kind, IReadOnlyDictionary<string, string> facts, DateTimeOffset now) =>
        KeepAsync(db, context, consumer, tx => AddAsync(tx, context.MessageId!.Value, customer, kind, facts, now, context.CancellationToken));

    /// <summary>Keeps what an event leads to once.</summary>
    internal static Task KeepAsync(NpgsqlDataSource db, ConsumeContext context, string consumer, Func<NpgsqlTransaction, Task> keep) =>
        db.InTransactionAsync(async tx =>
        {
            if (await Inbox.TryAcceptAsync(tx, context.MessageId!.Value, consumer, context.CancellationToken))
                await keep(tx);
        }, context.CancellationToken);

    /// <summary>Adds one notice.</summary>
    /// <param name="tx">The transaction that has accepted the event.</param>
    /// <param name="id">Of the notice.</param>
    /// <param name="customer">Who gets it.</param>
    /// <param name="kind">Name of the text.</param>
    /// <param name="facts">What the text shows.</param>
    /// <param name="now">The current time.</param>
    /// <param name="ct">Ends the command.</param>
    /// <param name="change">The change of a contact, when not the present address but one of that change is told.</param>
    /// <param name="side"><c>old</c> or <c>new</c>.</param>
    internal static Task AddAsync(
        NpgsqlTransaction tx, Guid id, Guid customer, string kind, IReadOnlyDictionary<string, string> facts, DateTimeOffset now, CancellationToken ct, Guid? change = null, string? side = null) =>
        tx.Connection!.ExecuteAsync(new CommandDefinition("""
            insert into notice (notice_id, customer_id, kind, facts, created_at, next_attempt_at, contact_change_id, contact_side)
            values (@id, @customer, @kind, @facts::jsonb, @now, @now, @change, @side)
            """,
            new { id, customer, kind, facts = JsonSerializer.Serialize(facts), now, change, side }, tx, cancellationToken: ct));

    /// <summary>A time as people in Bulgaria read it.</summary>
    internal static string Show(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, TimeZoneInfo.FindSystemTimeZoneById("Europe/Sofia"))
        .ToString("dd.MM.yyyy HH:mm", System.Globalization.CultureInfo.InvariantCulture);
}
