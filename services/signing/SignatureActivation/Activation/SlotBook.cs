using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Persistence;

namespace Pechat.SignatureActivation.Activation;

/// <summary>Takes slots from AUTHORISED over RESERVED to CONSUMED; a crash leaves them RESERVED, from where none comes back.</summary>
internal sealed class SlotBook(NpgsqlDataSource db)
{
    /// <summary>Reserves one slot for each digest, all or none.</summary>
    /// <param name="transactionId">An activated transaction.</param>
    /// <param name="authorised">Its digests; position is index.</param>
    /// <param name="wanted">Digests to sign; one listed twice takes two slots.</param>
    /// <param name="ct">Ends the call before the reservation is committed.</param>
    /// <returns>Positions in the order of <paramref name="wanted"/>, and how many slots stay authorised.</returns>
    /// <exception cref="FaultException">digest_not_authorised: a digest has no free slot.</exception>
    internal Task<(int[] Positions, int Remaining)> ReserveAsync(
        Guid transactionId, byte[][] authorised, IReadOnlyList<byte[]> wanted, CancellationToken ct) => db.InTransactionAsync(async tx =>
    {
        // One reservation of a transaction at a time: the lock comes in a statement before the one that reads.
        await tx.Connection!.ExecuteAsync(new CommandDefinition(
            "select pg_advisory_xact_lock(hashtextextended(@key, 0))", new { key = transactionId.ToString() }, tx, cancellationToken: ct));
        var free = (await tx.Connection!.QueryAsync<int>(new CommandDefinition(
            // Only positions that the device authorised: whoever adds a row adds no digest.
            """
            select position from slot
            where transaction_id = @transactionId and state = 'AUTHORISED' and position between 0 and @last
            order by position
            """,
            new { transactionId, last = authorised.Length - 1 }, tx, cancellationToken: ct))).AsList();
        int[] positions = Match(free, authorised, wanted);
        int reserved = await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            update slot set state = 'RESERVED' where transaction_id = @transactionId and position = any(@positions) and state = 'AUTHORISED'
            """, new { transactionId, positions }, tx, cancellationToken: ct));
        return reserved == positions.Length ? (positions, free.Count - reserved) : throw NotAuthorised();
    }, ct);

    /// <summary>Settles reserved slots.</summary>
    /// <param name="transactionId">The transaction.</param>
    /// <param name="consumed">Slots whose signatures exist.</param>
    /// <param name="released">Slots for which it is certain that none left the HSM.</param>
    internal async Task SettleAsync(Guid transactionId, int[] consumed, int[] released)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(CancellationToken.None);
        await connection.ExecuteAsync("""
            update slot set state = case when position = any(@consumed) then 'CONSUMED' else 'AUTHORISED' end
            where transaction_id = @transactionId and position = any(@consumed || @released) and state = 'RESERVED'
            """, new { transactionId, consumed, released });
    }

    private static int[] Match(List<int> free, byte[][] authorised, IReadOnlyList<byte[]> wanted)
    {
        Dictionary<string, Queue<int>> byDigest = [];
        foreach (int position in free)
        {
            string digest = Convert.ToHexString(authorised[position]);
            if (!byDigest.TryGetValue(digest, out Queue<int>? positions))
                byDigest[digest] = positions = new();
            positions.Enqueue(position);
        }
        return [.. wanted.Select(digest =>
            byDigest.TryGetValue(Convert.ToHexString(digest), out Queue<int>? positions) && positions.TryDequeue(out int position)
                ? position
                : throw NotAuthorised())];
    }

    private static FaultException NotAuthorised() => FaultException.Forbidden("digest_not_authorised", "a digest was not authorised, or was signed already");
}
