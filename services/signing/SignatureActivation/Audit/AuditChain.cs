using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dapper;
using Npgsql;

namespace Pechat.SignatureActivation.Audit;

/// <summary>What the audit keeps of one happening.</summary>
/// <param name="Event">Dotted name, e.g. <c>key.signed</c>.</param>
/// <param name="Data">Identifiers and digests; no PIN, SAD or key.</param>
/// <param name="At">When, UTC.</param>
internal sealed record AuditEntry(string Event, object Data, DateTimeOffset At);

/// <summary>One hash chain of the audit, written by one writer at a time. Every writer has a chain of its own, so that nobody waits for another.</summary>
internal sealed class AuditChain
{
    private Guid _chain = Guid.CreateVersion7();
    private long _number, _nextNumber;
    private byte[] _hash = new byte[SHA256.HashSizeInBytes], _nextHash = new byte[SHA256.HashSizeInBytes];

    private sealed record Content(Guid Chain, long Number, DateTimeOffset At, string Event, object Data);

    /// <summary>Hash of a record (see the migration).</summary>
    internal static byte[] Hash(ReadOnlySpan<byte> previous, string content) => SHA256.HashData([.. previous, .. Encoding.UTF8.GetBytes(content)]);

    /// <summary>Inserts entries; then the caller says whether they were committed.</summary>
    internal async Task AddAsync(NpgsqlConnection connection, IReadOnlyList<AuditEntry> entries)
    {
        (_nextNumber, _nextHash) = (_number, _hash);
        var numbers = new long[entries.Count];
        var contents = new string[entries.Count];
        byte[][] previous = new byte[entries.Count][], hashes = new byte[entries.Count][];
        for (int i = 0; i < entries.Count; i++)
        {
            AuditEntry entry = entries[i];
            numbers[i] = ++_nextNumber;
            contents[i] = JsonSerializer.Serialize(new Content(_chain, _nextNumber, entry.At, entry.Event, entry.Data), JsonSerializerOptions.Web);
            previous[i] = _nextHash;
            hashes[i] = _nextHash = Hash(_nextHash, contents[i]);
        }
        await connection.ExecuteAsync("""
            insert into audit (chain, number, content, previous_hash, hash)
            select @chain, * from unnest(@numbers, @contents, @previous, @hashes)
            """, new { chain = _chain, numbers, contents, previous, hashes });
    }

    /// <summary>What was added last is committed.</summary>
    internal void Committed() => (_number, _hash) = (_nextNumber, _nextHash);

    /// <summary>Whether what was added last is committed is unknown: a new chain starts, bound to the last record known to be written.</summary>
    internal void Broken() => (_chain, _number) = (Guid.CreateVersion7(), 0);
}
