using Dapper;
using Npgsql;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Pkcs11;
using Pechat.SignatureActivation.Keys;

namespace Pechat.SignatureActivation.Credentials;

/// <summary>A user's key as its row says.</summary>
internal sealed record CredentialRow(Guid CredentialId, Guid OwnerId, short Algorithm, byte[] PublicKey, byte[] WrappedKey, byte[] Csr, byte[] RowMac, int KekGeneration)
{
    /// <summary>Whether its key material was erased.</summary>
    internal bool IsDestroyed => WrappedKey.Length == 0;

    internal KeyType Type => TypeOf((KeyAlgorithm)Algorithm);

    internal static KeyType TypeOf(KeyAlgorithm algorithm) => algorithm is KeyAlgorithm.P256 or KeyAlgorithm.P384 ? KeyType.Ec : KeyType.Rsa;

    internal MacInput Binding => Bind(CredentialId, OwnerId, (KeyAlgorithm)Algorithm, PublicKey, WrappedKey);

    /// <summary>What must not be swapped between rows.</summary>
    internal static MacInput Bind(Guid credentialId, Guid ownerId, KeyAlgorithm algorithm, byte[] publicKey, byte[] wrappedKey) =>
        new MacInput("credential.1").Add(credentialId).Add(ownerId).Add((long)algorithm).Add(publicKey).Add(wrappedKey);

    /// <summary>With the wrapping that counts: the one under the latest KEK.</summary>
    internal const string SelectSql = """
        select c.credential_id, c.owner_id, c.algorithm, c.public_key, coalesce(w.wrapped_key, c.wrapped_key) as wrapped_key, c.csr,
            coalesce(w.row_mac, c.row_mac) as row_mac, coalesce(w.kek_generation, c.kek_generation) as kek_generation
        from credential c
        left join lateral (
            select wrapped_key, row_mac, kek_generation from wrapping where credential_id = c.credential_id order by kek_generation desc limit 1
        ) w on true
        """;

    internal static Task<CredentialRow?> FindAsync(NpgsqlConnection connection, Guid credentialId, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<CredentialRow>(new CommandDefinition(
            $"{SelectSql} where c.credential_id = @credentialId", new { credentialId }, cancellationToken: ct));

    internal static Task<CredentialRow?> FindByRequestAsync(NpgsqlConnection connection, Guid requestId, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<CredentialRow>(new CommandDefinition(
            $"{SelectSql} where c.request_id = @requestId", new { requestId }, cancellationToken: ct));
}
