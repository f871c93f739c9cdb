using Dapper;
using Npgsql;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.SignatureActivation.Keys;

namespace Pechat.SignatureActivation.Credentials;

/// <summary>A key that was made ahead and belongs to nobody yet.</summary>
internal sealed record SpareKey(Guid SpareKeyId, short Algorithm, byte[] PublicKey, byte[] WrappedKey, int KekGeneration, byte[] Mac)
{
    internal MacInput Binding => new MacInput("spare-key.1").Add(SpareKeyId).Add(Algorithm).Add(PublicKey).Add(WrappedKey).Add(KekGeneration);
}

/// <summary>The pool of keys made ahead, for algorithms that take long to generate.</summary>
internal sealed class SpareKeys(ModuleCryptography module, TimeProvider clock)
{
    /// <summary>Takes the oldest one; it is gone when the transaction commits.</summary>
    /// <returns>Null when the pool has none.</returns>
    /// <exception cref="InvalidOperationException">A row was not written by this module, such as somebody's key that was copied into the pool.</exception>
    internal async Task<SpareKey?> TakeAsync(NpgsqlTransaction tx, KeyAlgorithm algorithm, CancellationToken ct)
    {
        SpareKey? key = await tx.Connection!.QuerySingleOrDefaultAsync<SpareKey>(new CommandDefinition("""
            delete from spare_key where spare_key_id = (
                select spare_key_id from spare_key where algorithm = @algorithm order by made_at limit 1 for update skip locked)
            returning spare_key_id, algorithm, public_key, wrapped_key, kek_generation, mac
            """, new { algorithm = (short)algorithm }, tx, cancellationToken: ct));
        return key is null || await module.IsBoundAsync(key.Binding, key.Mac, ct)
            ? key
            : throw new InvalidOperationException($"the spare key {key.SpareKeyId} was not written by this module");
    }

    internal async Task AddAsync(NpgsqlConnection connection, KeyAlgorithm algorithm, byte[] publicKey, byte[] wrapped, int generation, CancellationToken ct)
    {
        var key = new SpareKey(Guid.NewGuid(), (short)algorithm, publicKey, wrapped, generation, []);
        byte[] mac = await module.BindAsync(key.Binding, ct);
        await connection.ExecuteAsync(new CommandDefinition("""
            insert into spare_key (spare_key_id, algorithm, public_key, wrapped_key, kek_generation, mac, made_at)
            values (@SpareKeyId, @Algorithm, @PublicKey, @WrappedKey, @KekGeneration, @mac, @now)
            """, new { key.SpareKeyId, key.Algorithm, key.PublicKey, key.WrappedKey, key.KekGeneration, mac, now = clock.GetUtcNow() }, cancellationToken: ct));
    }

    internal static Task<int> CountAsync(NpgsqlConnection connection, KeyAlgorithm algorithm, CancellationToken ct) =>
        connection.ExecuteScalarAsync<int>(new CommandDefinition(
            "select count(*) from spare_key where algorithm = @algorithm", new { algorithm = (short)algorithm }, cancellationToken: ct));
}
