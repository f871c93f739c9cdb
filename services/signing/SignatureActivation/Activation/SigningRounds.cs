using System.Security.Cryptography;
using Dapper;
using Npgsql;
using Pechat.Persistence;
using Pechat.SignatureActivation.Audit;
using Pechat.SignatureActivation.Credentials;

namespace Pechat.SignatureActivation.Activation;

/// <summary>One request's part of a round.</summary>
/// <param name="Activation">What the slots belong to.</param>
/// <param name="Positions">The slots to use up.</param>
/// <param name="Key">Lent for the length of the round.</param>
/// <param name="Use">Makes the signatures.</param>
internal sealed record SlotUse(LiveActivation Activation, int[] Positions, UserKey Key, KeyUse Use);

/// <summary>How a request fared.</summary>
/// <param name="Granted">Whether its slots were free, its transaction open and its key there; otherwise nothing was signed.</param>
/// <param name="Failure">Why the HSM did not sign; its slots are as free as before.</param>
internal sealed record SlotOutcome(bool Granted, Exception? Failure = null);

/// <summary>
/// Locks slots, signs, uses the slots up and records it, in one database transaction for all requests that arrive together. No signature
/// leaves before the commit: a process that dies earlier has signed nothing for anybody, and its slots are free again.
/// </summary>
internal sealed class SigningRounds
{
    private const int Lanes = 3, WeightLimit = 400;

    private readonly NpgsqlDataSource _db;
    private readonly TimeProvider _clock;
    private readonly Stack<AuditChain> _chains = new(Enumerable.Range(0, Lanes).Select(_ => new AuditChain()));
    private readonly GroupCommit<SlotUse, SlotOutcome> _together;

    public SigningRounds(NpgsqlDataSource db, TimeProvider clock)
    {
        (_db, _clock) = (db, clock);
        _together = new(Lanes, WeightLimit, RunAsync);
    }

    /// <summary>Signs for a request; not interrupted once it waits.</summary>
    internal Task<SlotOutcome> SignAsync(SlotUse use) => _together.RunAsync(use, use.Positions.Length * use.Use.Weight);

    private async Task<IReadOnlyList<SlotOutcome>> RunAsync(IReadOnlyList<SlotUse> uses)
    {
        AuditChain chain;
        lock (_chains)
            chain = _chains.Pop(); // as many as rounds at once
        try
        {
            IReadOnlyList<SlotOutcome> outcomes = await _db.InTransactionAsync(tx => RunAsync(tx.Connection!, chain, uses), CancellationToken.None);
            chain.Committed();
            return outcomes;
        }
        catch
        {
            chain.Broken();
            throw;
        }
        finally
        {
            lock (_chains)
                _chains.Push(chain);
        }
    }

    private async Task<IReadOnlyList<SlotOutcome>> RunAsync(NpgsqlConnection connection, AuditChain chain, IReadOnlyList<SlotUse> uses)
    {
        // Step 1: lock the slots; a request gets all of its own or none.
        bool[] granted = await LockAsync(connection, uses);
        // Step 2: sign.
        Exception?[] failures = await Task.WhenAll(uses.Select((use, i) => granted[i] ? Task.Run(() => TrySignAsync(use)) : Task.FromResult<Exception?>(null)));
        // Step 3: use up what was signed, and record every use and attempt.
        SlotUse[] signed = [.. uses.Where((_, i) => granted[i] && failures[i] is null)];
        await UseUpAsync(connection, signed);
        await chain.AddAsync(connection, [.. uses.Where((_, i) => granted[i]).Select(use => Entry(use))]);
        return [.. uses.Select((_, i) => new SlotOutcome(granted[i], failures[i]))];
    }

    private static async Task<bool[]> LockAsync(NpgsqlConnection connection, IReadOnlyList<SlotUse> uses)
    {
        IEnumerable<(SlotUse Use, int Number, int Position)> slots = uses.SelectMany((use, number) => use.Positions.Select(position => (use, number, position)));
        // In one order, so that two rounds do not wait for each other.
        IEnumerable<int> locked = await connection.QueryAsync<int>("""
            with request as (
                select number, transaction_id from unnest(@requests, @ofRequests, @credentials, @renewals) as r (number, transaction_id, credential_id, renewal)
                where not exists (select from closure c where c.transaction_id = r.transaction_id)
                    and not exists (select from destruction d where d.credential_id = r.credential_id)
                    and not exists (select from renewal n where n.transaction_id = r.transaction_id and n.number > r.renewal)),
            wanted as (select * from unnest(@numbers, @transactions, @positions) as w (number, transaction_id, position))
            select wanted.number
            from wanted join request using (number) join slot s on s.transaction_id = wanted.transaction_id and s.position = wanted.position
            where s.state = 'AUTHORISED'
            order by s.transaction_id, s.position
            for update of s
            """,
            new
            {
                requests = uses.Select((_, number) => number).ToArray(),
                ofRequests = uses.Select(use => use.Activation.Row.TransactionId).ToArray(),
                credentials = uses.Select(use => use.Activation.Row.CredentialId).ToArray(),
                renewals = uses.Select(use => use.Activation.Row.Renewal).ToArray(),
                numbers = slots.Select(slot => slot.Number).ToArray(),
                transactions = slots.Select(slot => slot.Use.Activation.Row.TransactionId).ToArray(),
                positions = slots.Select(slot => slot.Position).ToArray(),
            });
        var counts = new int[uses.Count];
        foreach (int number in locked)
            counts[number]++;
        HashSet<(Guid, int)> taken = []; // after a refresh two requests can propose one slot; the lock is one for both
        return [.. uses.Select((use, i) => counts[i] == use.Positions.Length && use.Positions.All(position => taken.Add((use.Activation.Row.TransactionId, position))))];
    }

    private static async Task<Exception?> TrySignAsync(SlotUse use)
    {
        try
        {
            await use.Use.SignAsync(use.Key, CancellationToken.None);
            return null;
        }
        catch (Exception failure) // the request's own: the others of the round go on
        {
            return failure;
        }
    }

    private static async Task UseUpAsync(NpgsqlConnection connection, SlotUse[] signed)
    {
        int expected = signed.Sum(use => use.Positions.Length);
        int used = await connection.ExecuteAsync("""
            update slot s set state = 'CONSUMED'
            from unnest(@transactions, @positions) as w (transaction_id, position)
            where s.transaction_id = w.transaction_id and s.position = w.position and s.state = 'AUTHORISED'
            """,
            new
            {
                transactions = signed.SelectMany(use => use.Positions.Select(_ => use.Activation.Row.TransactionId)).ToArray(),
                positions = signed.SelectMany(use => use.Positions).ToArray(),
            });
        if (used != expected)
            throw new InvalidOperationException($"{expected} locked slots were to be used up, and {used} were");
    }

    private AuditEntry Entry(SlotUse use) => new(use.Use.HasSigned ? "key.signed" : "key.failed", new
    {
        use.Activation.Row.TransactionId, use.Key.CredentialId, use.Activation.Row.OwnerId, use.Activation.Row.ClientId, use.Activation.Row.DeviceId,
        Algorithm = use.Use.Algorithm.ToString(), use.Positions, Digests = use.Use.Digests.Select(Convert.ToHexString),
        Signatures = use.Use.HasSigned ? use.Use.Signatures.Select(signature => Convert.ToHexString(SHA256.HashData(signature))) : [], // their SHA-256
    }, _clock.GetUtcNow());
}
