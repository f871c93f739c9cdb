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

    /// <summary>Changes one row and, only if it did, adds a message: one statement, so one round trip and one transaction.</summary>
    /// <param name="db">The service's database.</param>
    /// <param name="change">An <c>update</c>, <c>insert</c> or <c>delete</c> of at most one row, without <c>returning</c>.</param>
    /// <param name="parameters">Parameters of <paramref name="change"/>; names that begin with <c>outbox_</c> are ours.</param>
    /// <param name="id">Id of the row and of the message; consumers accept it once.</param>
    /// <param name="message">An event with a fixed wire name.</param>
    /// <param name="now">When, UTC.</param>
    /// <param name="ct">Ends the command.</param>
    /// <returns>Whether a row was changed and the message added.</returns>
    public static async Task<bool> AddWithAsync<T>(
        NpgsqlDataSource db, string change, object parameters, Guid id, T message, DateTimeOffset now, CancellationToken ct) where T : class
    {
        ArgumentNullException.ThrowIfNull(db);
        ArgumentNullException.ThrowIfNull(message);
        var all = new DynamicParameters(parameters);
        all.Add("outbox_id", id);
        all.Add("outbox_type", NameOf(message.GetType()));
        all.Add("outbox_body", JsonSerializer.Serialize(message, message.GetType(), Json));
        all.Add("outbox_now", now);
        using OutboxSignal.Scope scope = OutboxSignal.Begin();
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        int added = await connection.ExecuteAsync(new CommandDefinition($"""
            with changed as ({change} returning 1)
            insert into public.outbox (id, type, body, created_at)
            select @outbox_id, @outbox_type, @outbox_body::jsonb, @outbox_now from changed
            """, all, cancellationToken: ct));
        if (added == 0)
            return false;
        OutboxSignal.Added();
        scope.Committed();
        return true;
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
