using Dapper;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Events.Signing;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Persistence;

namespace Pechat.Signing.Transactions;

/// <summary>Asks a signer: opens the transaction in the activation module, stores it, and tells the phone.</summary>
internal sealed class OpenTransaction(NpgsqlDataSource db, IActivationModule activation, Sad sad, SigningOptions options)
{
    /// <param name="transaction">Without challenge and hash of the displayed text, which are made here.</param>
    /// <param name="store">What else is stored in the same database transaction.</param>
    /// <param name="ct">Ends the wait for the activation module.</param>
    internal async Task OpenAsync(SigningTransaction transaction, Func<NpgsqlTransaction, Task>? store, CancellationToken ct)
    {
        // Step 0: nobody floods a phone with requests (D-23).
        await using (NpgsqlConnection connection = await db.OpenConnectionAsync(ct))
        {
            int waiting = await connection.ExecuteScalarAsync<int>(new CommandDefinition("""
                select count(*) from signing_transaction
                where customer_id = @CustomerId and client_id = @ClientId and state in ('pending', 'confirming') and expires_at > @CreatedAt
                """, new { transaction.CustomerId, transaction.ClientId, transaction.CreatedAt }, cancellationToken: ct));
            if (waiting >= options.MaxWaitingRequests)
                throw new FaultException(FaultKind.Exhausted, "too_many_requests", "Too many requests of this client wait for the signer; try again when some are decided");
        }
        byte[] displayed = DisplayedText.Hash(transaction);
        // Step 1: the activation module first. If we crash before step 2, nobody ever learns its challenge, so it cannot be activated.
        string challenge;
        try
        {
            challenge = await activation.OpenAsync(Request(transaction, displayed), ct);
        }
        catch (FaultException fault) when (fault.Kind is FaultKind.Invalid or FaultKind.NotFound or FaultKind.Forbidden)
        {
            // It knows the key by another owner, or not at all: the caller learns no more than for an unknown credential.
            throw new FaultException(FaultKind.Invalid, "invalid_request", "Invalid parameter credentialID", fault);
        }
        catch (FaultException fault) when (fault.Kind == FaultKind.Conflict)
        {
            // The first of two attempts arrived and its answer, the only copy of the challenge, was lost: the caller starts anew.
            throw FaultException.Unavailable("temporarily_unavailable", "The signature activation module cannot be reached; try again", fault);
        }
        // Step 2: the request to the signer and the event that announces it are one.
        SigningTransaction opened = transaction with { Displayed = displayed, Challenge = challenge };
        await db.InTransactionAsync(async tx =>
        {
            await tx.Connection!.ExecuteAsync(new CommandDefinition("""
                insert into signing_transaction (
                    id, customer_id, credential_id, client_id, payer, purpose, description, kind, hash_algorithm, signature_algorithm,
                    signature_parameters, names, digests, displayed, challenge, state, remaining, created_at, expires_at)
                values (
                    @Id, @CustomerId, @CredentialId, @ClientId, @Payer, @Purpose, @Description, @Kind, @HashAlgorithm, @SignatureAlgorithm,
                    @SignatureParameters, @Names, @Digests, @Displayed, @Challenge, 'pending', @Remaining, @CreatedAt, @ExpiresAt)
                """, opened, tx, cancellationToken: ct));
            if (store is not null)
                await store(tx);
            await Outbox.AddAsync(tx, Guid.CreateVersion7(), new SignatureRequested(opened.Id, opened.CustomerId, opened.ClientId,
                opened.Digests.Length, new DateTimeOffset(opened.ExpiresAt, TimeSpan.Zero)), new DateTimeOffset(opened.CreatedAt, TimeSpan.Zero), ct);
            return 0;
        }, ct);
    }

    private OpenTransactionRequest Request(SigningTransaction transaction, byte[] displayed) => new()
    {
        TransactionId = transaction.Id.ToString("D"),
        CredentialId = transaction.CredentialId.ToString("D"),
        OwnerId = transaction.CustomerId.ToString("D"),
        ClientId = transaction.ClientId,
        Kind = transaction.Kind == SigningTransaction.Sdr ? DigestKind.Sdr : DigestKind.Dtbsr,
        HashAlgorithm = transaction.HashAlgorithm,
        Digests = { transaction.Digests.Select(digest => UnsafeByteOperations.UnsafeWrap(digest)) },
        DisplayedHash = UnsafeByteOperations.UnsafeWrap(displayed),
        SadHash = UnsafeByteOperations.UnsafeWrap(sad.HashOf(transaction.Id)),
        ExpiresAt = Timestamp.FromDateTime(transaction.ExpiresAt),
        SadLifetime = Duration.FromTimeSpan(options.SadLifetime),
    };
}
