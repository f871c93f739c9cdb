using System.Security.Cryptography;
using System.Text;
using Dapper;
using Google.Protobuf;
using Grpc.Core;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Hosting;
using Pechat.Pki;
using Pechat.SignatureActivation.Credentials;
using Pechat.SignatureActivation.Jose;

namespace Pechat.SignatureActivation;

internal sealed partial class ActivationModuleService
{
    private const int MaxDigests = 1000, ChallengeLength = 32, MaxClientId = 200;

    private static readonly TimeSpan MaxConfirmationTime = TimeSpan.FromDays(30),
        MinSadLifetime = TimeSpan.FromSeconds(10), MaxSadLifetime = TimeSpan.FromHours(1);

    /// <summary>Records what is to be confirmed and answers the challenge; it authorises nothing.</summary>
    [Callers("signing")]
    public override Task<OpenTransactionReply> OpenTransaction(OpenTransactionRequest request, ServerCallContext context) =>
        AnswerAsync(() => OpenAsync(request, context.CancellationToken));

    private async Task<OpenTransactionReply> OpenAsync(OpenTransactionRequest request, CancellationToken ct)
    {
        Guid transactionId = ParseId(request.TransactionId, "transaction_id"), owner = ParseId(request.OwnerId, "owner_id");
        Guid credentialId = ParseId(request.CredentialId, "credential_id");
        DateTimeOffset now = clock.GetUtcNow();
        CheckContent(request, now);
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        if (await CredentialRow.FindAsync(connection, credentialId, ct) is not { } credential || credential.OwnerId != owner)
            throw FaultException.NotFound("unknown_credential", "the owner has no such credential");
        if (credential.IsDestroyed)
            throw CredentialDestroyed();
        string challenge = StrictJson.Text(await module.RandomAsync(ChallengeLength, ct));
        int opened = await connection.ExecuteAsync(new CommandDefinition("""
            insert into signing_transaction (transaction_id, credential_id, owner_id, client_id, kind, hash_algorithm, digests,
                displayed_hash, sad_hash, challenge_hash, expires_at, sad_lifetime, opened_at)
            values (@transactionId, @credentialId, @owner, @ClientId, @kind, @HashAlgorithm, @digests,
                @displayed, @sadHash, @challengeHash, @expiresAt, @sadLifetime, @now)
            on conflict do nothing
            """,
            new
            {
                transactionId,
                credentialId,
                owner,
                request.ClientId,
                kind = (short)request.Kind,
                request.HashAlgorithm,
                digests = request.Digests.Select(digest => digest.ToByteArray()).ToArray(),
                displayed = request.DisplayedHash.ToByteArray(),
                sadHash = request.SadHash.ToByteArray(),
                challengeHash = SHA256.HashData(Encoding.ASCII.GetBytes(challenge)),
                expiresAt = request.ExpiresAt.ToDateTimeOffset(),
                sadLifetime = request.SadLifetime.ToTimeSpan(),
                now,
            }, cancellationToken: ct));
        return opened == 1
            ? new OpenTransactionReply { Challenge = challenge }
            : throw FaultException.Conflict("transaction_exists", "a transaction with this id was opened before");
    }

    private static void CheckContent(OpenTransactionRequest request, DateTimeOffset now)
    {
        if (request.ClientId.Length is 0 or > MaxClientId)
            throw FaultException.Invalid("invalid_request", $"client_id must have 1 to {MaxClientId} characters");
        if (request.Kind is not (DigestKind.Dtbsr or DigestKind.Sdr))
            throw FaultException.Invalid("invalid_request", "kind must be DTBSR or SDR");
        if (DigestAlgorithm.Find(request.HashAlgorithm) is not { } digest)
            throw FaultException.Invalid("invalid_request", "hash_algorithm must be SHA-256, SHA-384 or SHA-512");
        if (request.Digests.Count is 0 or > MaxDigests)
            throw FaultException.Invalid("invalid_request", $"there must be 1 to {MaxDigests} digests");
        if (request.Digests.Any(each => each.Length != digest.Length))
            throw FaultException.Invalid("invalid_request", $"a {digest} digest has {digest.Length} bytes");
        RequireHash(request.DisplayedHash, "displayed_hash");
        RequireHash(request.SadHash, "sad_hash");
        if (request.ExpiresAt?.ToDateTimeOffset() is not { } expires || expires <= now || expires > now + MaxConfirmationTime)
            throw FaultException.Invalid("invalid_request", "expires_at must lie within the next 30 days");
        if (request.SadLifetime?.ToTimeSpan() is not { } lifetime || lifetime < MinSadLifetime || lifetime > MaxSadLifetime)
            throw FaultException.Invalid("invalid_request", "sad_lifetime must lie between 10 seconds and 1 hour");
    }

    private static void RequireHash(ByteString value, string field)
    {
        if (value.Length != SHA256.HashSizeInBytes)
            throw FaultException.Invalid("invalid_request", $"{field} must be a SHA-256 hash");
    }
}
