using Npgsql;
using Pechat.Persistence;

namespace Pechat.SignatureActivation.Audit;

/// <summary>
/// The append-only, hash-chained record of what the module does. Callers that arrive together share one insert; a call returns when its
/// record is committed. Uses of users' keys are recorded by <see cref="Activation.SigningRounds"/> in the transaction that uses up their slots.
/// </summary>
internal sealed class AuditTrail
{
    private const int MostAtOnce = 500;

    private readonly NpgsqlDataSource _db;
    private readonly TimeProvider _clock;
    private readonly AuditChain _chain = new();
    private readonly GroupCommit<AuditEntry, bool> _together;

    public AuditTrail(NpgsqlDataSource db, TimeProvider clock)
    {
        (_db, _clock) = (db, clock);
        _together = new(lanes: 1, MostAtOnce, WriteAsync);
    }

    /// <summary>Adds a record and waits until it is committed.</summary>
    /// <param name="happening">Dotted name, e.g. <c>key.generated</c>.</param>
    /// <param name="data">Identifiers and digests; no PIN, SAD or key.</param>
    /// <remarks>Takes no cancellation: what was done is recorded, whether or not the caller still waits.</remarks>
    internal Task WriteAsync(string happening, object data) => _together.RunAsync(new AuditEntry(happening, data, _clock.GetUtcNow()));

    private async Task<IReadOnlyList<bool>> WriteAsync(IReadOnlyList<AuditEntry> entries)
    {
        try
        {
            await using NpgsqlConnection connection = await _db.OpenConnectionAsync();
            await _chain.AddAsync(connection, entries);
            _chain.Committed();
            return [.. entries.Select(_ => true)];
        }
        catch
        {
            _chain.Broken();
            throw;
        }
    }
}
