using Dapper;
using Npgsql;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.SignatureActivation.Keys;

namespace Pechat.SignatureActivation.Credentials;

/// <summary>A user's key as its row says.</summary>
internal sealed record CredentialRow(Guid CredentialId, Guid OwnerId, short Algorithm, byte[] PublicKey, byte[] WrappedKey, byte[] Csr, byte[] RowMac)
{
    /// <summary>Whether its key material was erased.</summary>
    internal bool IsDestroyed => WrappedKey.Length == 0;

    internal MacInput Binding => Bind(CredentialId, OwnerId, (KeyAlgorithm)Algorithm, PublicKey, WrappedKey);

    /// <summary>What must not be swapped between rows.</summary>
    internal static MacInput Bind(Guid credentialId, Guid ownerId, KeyAlgorithm algorithm, byte[] publicKey, byte[] wrappedKey) =>
        new MacInput("credential.1").Add(credentialId).Add(ownerId).Add((long)algorithm).Add(publicKey).Add(wrappedKey);

    internal static Task<CredentialRow?> FindAsync(NpgsqlConnection connection, Guid credentialId, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<CredentialRow>(new CommandDefinition("""
            select credential_id, owner_id, algorithm, public_key, wrapped_key, csr, row_mac
            from credential
            where credential_id = @credentialId
            """, new { credentialId }, cancellationToken: ct));

    internal static Task<CredentialRow?> FindByRequestAsync(NpgsqlConnection connection, Guid requestId, CancellationToken ct) =>
        connection.QuerySingleOrDefaultAsync<CredentialRow>(new CommandDefinition("""
            select credential_id, owner_id, algorithm, public_key, wrapped_key, csr, row_mac
            from credential
            where request_id = @requestId
            """, new { requestId }, cancellationToken: ct));
}
