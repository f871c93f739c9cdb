using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using Dapper;
using MassTransit;
using Npgsql;

namespace Pechat.Persistence;

/// <summary>Messages that leave with the transaction that caused them; the relay of Messaging publishes them after the commit.</summary>
public static class Outbox
{
    private static readonly ConcurrentDictionary<Type, string> Names = new();

    /// <summary>How messages are stored; the relay reads them with the same rules.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web);

    /// <summary>Adds a message to the transaction.</summary>
    /// <param name="tx">The transaction with the effect that the message tells of.</param>
    /// <param name="id">Id of the row and of the message; consumers accept it once.</param>
    /// <param name="message">An event with a fixed wire name (<see cref="EntityNameAttribute"/>).</param>
    /// <param name="now">When, UTC.</param>
    /// <param name="ct">Ends the command.</param>
    public static async Task AddAsync<T>(NpgsqlTransaction tx, Guid id, T message, DateTimeOffset now, CancellationToken ct) where T : class
    {
        ArgumentNullException.ThrowIfNull(tx);
        ArgumentNullException.ThrowIfNull(message);
        string type = NameOf(message.GetType());
        string body = JsonSerializer.Serialize(message, message.GetType(), Json);
        await tx.Connection!.ExecuteAsync(new CommandDefinition(
            "insert into public.outbox (id, type, body, created_at) values (@id, @type, @body::jsonb, @now)",
            new { id, type, body, now }, tx, cancellationToken: ct));
        OutboxSignal.Added();
    }

    /// <summary>The wire name of an event type.</summary>
    /// <exception cref="ArgumentException">The type has none, so a rename would lose stored messages.</exception>
    public static string NameOf(Type type) => Names.GetOrAdd(type, static t =>
        t.GetCustomAttribute<EntityNameAttribute>()?.EntityName ?? throw new ArgumentException($"{t} has no wire name", nameof(type)));
}

/// <summary>Which messages were accepted already.</summary>
public static class Inbox
{
    /// <summary>Accepts a message once per consumer; a second delivery waits for the first transaction to end.</summary>
    /// <returns>False when it was accepted before, so its effect is committed.</returns>
    public static async Task<bool> TryAcceptAsync(NpgsqlTransaction tx, Guid messageId, string consumerName, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(tx);
        return await tx.Connection!.ExecuteAsync(new CommandDefinition(
            "insert into public.inbox (message_id, consumer) values (@messageId, @consumerName) on conflict do nothing",
            new { messageId, consumerName }, tx, cancellationToken: ct)) == 1;
    }
}
