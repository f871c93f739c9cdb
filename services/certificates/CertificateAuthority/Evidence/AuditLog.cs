using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dapper;
using Npgsql;

namespace Pechat.CertificateAuthority.Evidence;

/// <summary>What the CA did with its keys, append only and hash chained, so that a record cannot be changed or taken out unnoticed.</summary>
internal sealed class AuditLog(TimeProvider clock)
{
    private const long ChainLock = 0x41554454; // "AUDT"
    private static readonly byte[] Start = new byte[32];

    /// <summary>Adds a record to the transaction, which holds the end of the chain until it commits.</summary>
    /// <param name="tx">Transaction of what the record tells of.</param>
    /// <param name="event">Dotted name, e.g. <c>certificate.signing</c>.</param>
    /// <param name="body">Becomes JSON; DER in hex, no secret.</param>
    /// <param name="ct">Ends the commands.</param>
    internal async Task WriteAsync(NpgsqlTransaction tx, string @event, object body, CancellationToken ct)
    {
        NpgsqlConnection connection = tx.Connection!;
        await connection.ExecuteAsync(new CommandDefinition("select pg_advisory_xact_lock(@ChainLock)", new { ChainLock }, tx, cancellationToken: ct));
        Record? last = await connection.QuerySingleOrDefaultAsync<Record>(new CommandDefinition(
            "select sequence, at, event, body, previous, hash from audit order by sequence desc limit 1", transaction: tx, cancellationToken: ct));
        DateTimeOffset now = clock.GetUtcNow();
        DateTime at = new(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerMillisecond), DateTimeKind.Utc); // the database keeps microseconds
        string json = JsonSerializer.Serialize(body);
        long sequence = (last?.Sequence ?? 0) + 1;
        byte[] previous = last?.Hash ?? Start;
        await connection.ExecuteAsync(new CommandDefinition(
            "insert into audit (sequence, at, event, body, previous, hash) values (@sequence, @at, @event, @json, @previous, @hash)",
            new { sequence, at, @event, json, previous, hash = HashOf(previous, sequence, at, @event, json) }, tx, cancellationToken: ct));
    }

    /// <summary>Walks the chain.</summary>
    /// <returns>Number of records, and the sequence number of the first that does not fit; null when all do.</returns>
    internal static async Task<(long Records, long? Broken)> VerifyAsync(NpgsqlDataSource db, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        byte[] previous = Start;
        long records = 0;
        await foreach (Record record in connection.QueryUnbufferedAsync<Record>("select sequence, at, event, body, previous, hash from audit order by sequence").WithCancellation(ct))
        {
            byte[] hash = HashOf(previous, ++records, record.At, record.Event, record.Body);
            if (record.Sequence != records || !record.Previous.AsSpan().SequenceEqual(previous) || !record.Hash.AsSpan().SequenceEqual(hash))
                return (records, record.Sequence);
            previous = hash;
        }
        return (records, null);
    }

    private static byte[] HashOf(byte[] previous, long sequence, DateTime at, string @event, string body) => SHA256.HashData(
        [.. previous, .. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\n{sequence}\n{at:O}\n{@event}\n{body}"))]);

    private sealed record Record(long Sequence, DateTime At, string Event, string Body, byte[] Previous, byte[] Hash);
}
