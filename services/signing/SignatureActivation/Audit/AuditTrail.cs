using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dapper;
using Npgsql;

namespace Pechat.SignatureActivation.Audit;

/// <summary>
/// The append-only, hash-chained record of every use of a key. Callers that arrive together share one insert; a call returns when its
/// record is committed. Every process writes its own chain, so replicas do not wait for each other. Safe for many threads.
/// </summary>
internal sealed class AuditTrail(NpgsqlDataSource db, TimeProvider clock) : IDisposable
{
    private readonly ConcurrentQueue<Entry> _waiting = new();
    private readonly SemaphoreSlim _gate = new(1);
    private Guid _chain = Guid.CreateVersion7();
    private long _number;
    private byte[] _hash = new byte[SHA256.HashSizeInBytes];

    private sealed record Entry(string Event, object Data, DateTimeOffset At)
    {
        internal TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed record Content(Guid Chain, long Number, DateTimeOffset At, string Event, object Data);

    /// <summary>Adds a record and waits until it is committed.</summary>
    /// <param name="happening">Dotted name, e.g. <c>key.signing</c>.</param>
    /// <param name="data">Identifiers and digests; no PIN, SAD or key.</param>
    /// <remarks>Takes no cancellation: what was done is recorded, whether or not the caller still waits.</remarks>
    internal async Task WriteAsync(string happening, object data)
    {
        var entry = new Entry(happening, data, clock.GetUtcNow());
        _waiting.Enqueue(entry);
        await _gate.WaitAsync();
        try
        {
            while (!entry.Written.Task.IsCompleted)
                await FlushAsync();
        }
        finally
        {
            _gate.Release();
        }
        await entry.Written.Task;
    }

    public void Dispose() => _gate.Dispose();

    /// <summary>Hash of a record (see the migration).</summary>
    internal static byte[] Hash(ReadOnlySpan<byte> previous, string content) => SHA256.HashData([.. previous, .. Encoding.UTF8.GetBytes(content)]);

    private async Task FlushAsync()
    {
        List<Entry> entries = [];
        while (entries.Count < 500 && _waiting.TryDequeue(out Entry? entry))
            entries.Add(entry);
        long number = _number;
        byte[] hash = _hash;
        List<long> numbers = [];
        List<string> contents = [];
        List<byte[]> previous = [], hashes = [];
        try
        {
            foreach (Entry entry in entries)
            {
                string content = JsonSerializer.Serialize(new Content(_chain, ++number, entry.At, entry.Event, entry.Data), JsonSerializerOptions.Web);
                numbers.Add(number);
                contents.Add(content);
                previous.Add(hash);
                hashes.Add(hash = Hash(hash, content));
            }
            await using NpgsqlConnection connection = await db.OpenConnectionAsync();
            await connection.ExecuteAsync("""
                insert into audit (chain, number, content, previous_hash, hash)
                select @chain, * from unnest(@numbers, @contents, @previous, @hashes)
                """, new { chain = _chain, numbers, contents, previous, hashes });
            (_number, _hash) = (number, hash);
            entries.ForEach(entry => entry.Written.SetResult());
        }
        catch (Exception exception)
        {
            // Whether the insert was committed is unknown: a new chain starts, bound to the last record known to be written.
            (_chain, _number) = (Guid.CreateVersion7(), 0);
            entries.ForEach(entry => entry.Written.TrySetException(exception));
        }
    }
}
