using System.Globalization;
using Dapper;
using Google.Protobuf;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Signing.V1;
using Pechat.Signing.Credentials;
using Pechat.Signing.Transactions;

namespace Pechat.Signing.CodeFlow;

/// <summary>
/// gRPC <c>CredentialAuthorization</c>: the authorisation server asks the signer's phone on behalf of a client (CSC API §6, scope credential).
/// The transaction is the same as after <c>credentials/authorize</c>; only the way in which the client learns of it differs.
/// </summary>
internal sealed partial class CredentialAuthorizationService(
    NpgsqlDataSource db, OpenTransaction open, EndTransaction end, SigningOptions options, TimeProvider clock)
    : CredentialAuthorization.CredentialAuthorizationBase
{
    private async Task<(SigningTransaction Transaction, Credential Credential)?> FindAsync(Guid id, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        (SigningTransaction?, Credential?) found = (await connection.QueryAsync<SigningTransaction, Credential, (SigningTransaction?, Credential?)>(new CommandDefinition($"""
            select {SigningTransaction.Columns}, {Credential.Columns}
            from signing_transaction t join credential c on c.id = t.credential_id left join certificate_state s on s.serial = c.serial
            where t.id = @id and t.purpose = 'authorization'
            """, new { id }, cancellationToken: ct), (transaction, credential) => (transaction, credential), splitOn: "id")).SingleOrDefault();
        return found is ({ } transaction, { } credential) ? (transaction, credential) : null;
    }

    private async Task<AuthorizationReply> ReplyAsync(string transactionId, CancellationToken ct) =>
        Guid.TryParseExact(transactionId, "D", out Guid id) && await FindAsync(id, ct) is var (transaction, credential)
            ? Reply(transaction, credential)
            : throw FaultException.NotFound("unknown_transaction", "there is no such authorisation");

    private AuthorizationReply Reply(SigningTransaction transaction, Credential credential)
    {
        DateTime now = clock.GetUtcNow().UtcDateTime, until = transaction.SadExpiresAt ?? transaction.ExpiresAt;
        return new AuthorizationReply
        {
            State = transaction.State switch
            {
                "pending" or "confirming" or "active" when until <= now => "expired",
                "pending" or "confirming" => "pending",
                "completed" => "exhausted",
                "rejected" => "declined",
                "failed" => "closed",
                _ => transaction.State,
            },
            CredentialId = credential.Id.ToString("D"),
            CertificateSubject = Rfc4514.Render(Pki.Certificate.Parse(credential.Certificate).Subject.Encoded),
            NumSignatures = transaction.Digests.Length,
            Description = transaction.Description,
            Digests =
            {
                transaction.Digests.Select((digest, i) => new DocumentDigest
                {
                    Hash = UnsafeByteOperations.UnsafeWrap(digest),
                    Label = transaction.Names[i],
                    HashType = transaction.Kind,
                }),
            },
            ExpiresAt = new DateTimeOffset(until, TimeSpan.Zero).ToUnixTimeSeconds(),
            HashAlgorithm = transaction.HashAlgorithm,
        };
    }

    /// <summary>What a document without a label is called on the phone.</summary>
    internal static string UsualName(int index) => string.Create(CultureInfo.InvariantCulture, $"Document {index + 1}");
}
