using Dapper;
using Npgsql;
using Pechat.AdES;
using Pechat.AdES.Pades;
using Pechat.Contracts;
using Pechat.Pki;
using Pechat.Signing.Credentials;
using Pechat.Signing.Csc;
using Pechat.Signing.Transactions;

namespace Pechat.Signing.Documents;

/// <summary>
/// signDoc with whole files: prepares them, asks the signer for exactly the digests that the key will sign, and waits (operationMode S)
/// or answers an id to ask with later (A).
/// </summary>
internal sealed class AskToSignFiles(NpgsqlDataSource db, OpenTransaction open, EndTransaction end, SignedFiles signed,
    TransactionSignal signal, SigningOptions options, TimeProvider clock)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500), AfterConfirmation = TimeSpan.FromSeconds(30);

    internal async Task<IResult> HandleAsync(string credentialId, IReadOnlyList<DocumentItem> items, string description,
        Caller caller, OperationMode mode, CancellationToken ct)
    {
        Credential credential = await GetCredential.FindAsync(db, credentialId, caller, ct);
        (RequestedAlgorithm algorithm, SignatureAlgorithm cms) = SignDigests.OneAlgorithm(items, credential.Key,
            credential.Key.Name == "P-384" ? DigestAlgorithm.Sha384.Oid : DigestAlgorithm.Sha256.Oid);
        DateTimeOffset now = clock.GetUtcNow();
        AuthorizedUse.CheckStatus(credential, now);
        PreparedFile[] prepared = Prepare(items, credential, cms, now);
        Guid id = Guid.CreateVersion7(now), responseId = Guid.CreateVersion7(now);
        var transaction = new SigningTransaction
        {
            Id = id,
            CustomerId = credential.CustomerId,
            CredentialId = credential.Id,
            ClientId = caller.ClientId,
            Payer = options.PayerFor(caller.ClientId),
            Purpose = "documents",
            Description = description,
            Kind = SigningTransaction.Dtbsr,
            HashAlgorithm = algorithm.Hash.Oid,
            SignatureAlgorithm = algorithm.Oid,
            SignatureParameters = algorithm.Parameters.ToArray(),
            Names = [.. items.Select(item => item.Name)],
            Digests = [.. prepared.Select(each => each.Digest)],
            Remaining = items.Count,
            CreatedAt = now.UtcDateTime,
            ExpiresAt = (now + (mode.IsAsynchronous ? mode.Validity : options.SynchronousWait)).UtcDateTime,
        };
        await open.OpenAsync(transaction, async tx =>
        {
            await StoreAsync(tx, transaction, items, prepared, ct);
            if (mode.IsAsynchronous) // kept for the whole period after the last moment at which it can come about
                await mode.KeepAsync(tx, responseId, id, null, new DateTimeOffset(transaction.ExpiresAt, TimeSpan.Zero), ct);
        }, ct);
        return mode.IsAsynchronous
            ? CscResults.Ok(new SignatureResponse { ResponseId = responseId.ToString("D") }, CscJson.Default.Signatures)
            : await WaitAsync(id, ct);
    }

    private static PreparedFile[] Prepare(IReadOnlyList<DocumentItem> items, Credential credential, SignatureAlgorithm algorithm, DateTimeOffset now)
    {
        Certificate certificate = Certificate.Parse(credential.Certificate);
        Certificate[] chain = [.. credential.Chain.Select(der => Certificate.Parse(der))];
        var prepared = new PreparedFile[items.Count];
        for (int i = 0; i < prepared.Length; i++)
        {
            try
            {
                prepared[i] = PreparedFile.Prepare(items[i], now, certificate, chain, algorithm);
            }
            catch (Exception e) when (e is PdfException or SignatureException)
            {
                throw CscRequest.Invalid($"Document {i + 1} cannot be signed: {e.Message}");
            }
        }
        return prepared;
    }

    private async Task StoreAsync(
        NpgsqlTransaction tx, SigningTransaction transaction, IReadOnlyList<DocumentItem> items, PreparedFile[] prepared, CancellationToken ct)
    {
        for (int i = 0; i < prepared.Length; i++)
        {
            await tx.Connection!.ExecuteAsync(new CommandDefinition("""
                insert into document (id, transaction_id, position, name, media_type, level, prepared, delete_after)
                values (@id, @transaction, @position, @name, @type, @level, @prepared, @deleteAfter)
                """,
                new
                {
                    id = Guid.CreateVersion7(),
                    transaction = transaction.Id,
                    position = i,
                    name = items[i].Name,
                    type = prepared[i].MediaType,
                    level = items[i].Timestamped ? "AdES-B-T" : "AdES-B-B",
                    prepared = prepared[i].Stored,
                    deleteAfter = transaction.ExpiresAt + options.DocumentLifetime,
                }, tx, cancellationToken: ct));
        }
    }

    /// <summary>Waits for the signer; at the end of the time the request is withdrawn, unless it was just confirmed.</summary>
    private async Task<IResult> WaitAsync(Guid id, CancellationToken ct)
    {
        DateTimeOffset withdraw = clock.GetUtcNow() + options.SynchronousWait, giveUp = withdraw + AfterConfirmation;
        try
        {
            for (; clock.GetUtcNow() < giveUp; await signal.WaitAsync(id, Look, clock, ct))
            {
                if (await signed.ResultAsync(id, ct) is { } result)
                    return result;
                if (clock.GetUtcNow() >= withdraw)
                    await end.EndAsync(id, ["pending"], "expired", ct);
            }
            throw FaultException.Unavailable("temporarily_unavailable", "The confirmed signature is not complete yet; it will be in the signer's archive");
        }
        finally
        {
            signal.Forget(id);
        }
    }
}
