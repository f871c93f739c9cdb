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
        db.InTransactionAsync(async tx =>
        {
            CancellationToken ct = context.CancellationToken;
            Guid id = context.MessageId!.Value;
            if (!await Inbox.TryAcceptAsync(tx, id, consumer, ct))
                return;
            await tx.Connection!.ExecuteAsync(new CommandDefinition("""
                insert into notice (notice_id, customer_id, kind, facts, created_at, next_attempt_at)
                values (@id, @customer, @kind, @facts::jsonb, @now, @now)
                """,
                new { id, customer, kind, facts = JsonSerializer.Serialize(facts), now }, tx, cancellationToken: ct));
        }, context.CancellationToken);

    /// <summary>A time as people in Bulgaria read it.</summary>
    internal static string Show(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, TimeZoneInfo.FindSystemTimeZoneById("Europe/Sofia"))
        .ToString("dd.MM.yyyy HH:mm", System.Globalization.CultureInfo.InvariantCulture);
}
