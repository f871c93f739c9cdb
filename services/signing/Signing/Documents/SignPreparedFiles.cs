using System.Formats.Asn1;
using System.Security.Cryptography;
using Dapper;
using Google.Protobuf;
using Npgsql;
using Pechat.AdES;
using Pechat.AdES.Pades;
using Pechat.Contracts;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Persistence;
using Pechat.Pki;
using Pechat.Signing.Credentials;
using Pechat.Signing.Csc;
using Pechat.Signing.Transactions;

namespace Pechat.Signing.Documents;

/// <summary>
/// Signs prepared files once their transaction is confirmed. Each step is stored before the next, so a crash is taken up where it
/// happened; a signature that may have been made is not made again, because the activation module has used its slot up.
/// </summary>
internal sealed partial class SignPreparedFiles(NpgsqlDataSource db, IActivationModule module, ITimestamper timestamper, Sad sad, RecordSignatures record,
    EndTransaction end, TransactionSignal signal, SigningOptions options, TimeProvider clock, ILogger<SignPreparedFiles> logger) : BackgroundService
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1), Retry = TimeSpan.FromSeconds(5), GiveUp = TimeSpan.FromDays(1);

    private sealed record Row(Guid Id, string Level, byte[] Prepared, byte[]? Signature);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Task<bool>? ready = null;
        while (!stoppingToken.IsCancellationRequested)
        {
            foreach (Guid id in await OpenAsync(stoppingToken))
                await SignAsync(id, stoppingToken);
            ready ??= signal.ToSign.WaitToReadAsync(stoppingToken).AsTask();
            if (await Task.WhenAny(ready, Task.Delay(options.SweepInterval, clock, stoppingToken)) != ready)
                continue;
            ready = null;
            while (signal.ToSign.TryRead(out Guid id))
                await SignAsync(id, stoppingToken);
        }
    }

    private async Task<List<Guid>> OpenAsync(CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return (await connection.QueryAsync<Guid>(new CommandDefinition("""
            select id from signing_transaction
            where purpose = 'documents' and state in ('active', 'signing') and (lease_until is null or lease_until < @now)
            order by id limit 100
            """, new { now = clock.GetUtcNow().UtcDateTime }, cancellationToken: ct))).AsList();
    }

    /// <summary>Takes one transaction as far as it goes now.</summary>
    internal async Task SignAsync(Guid id, CancellationToken ct)
    {
        // Step 1: one worker at a time.
        (SigningTransaction? transaction, Credential? credential) = await LeaseAsync(id, ct);
        if (transaction is null || credential is null)
            return;
        try
        {
            List<Row> rows = await RowsAsync(id, ct);
            // Step 2: one call of the activation module for all files; its result is stored before anything else is tried.
            if (rows.Any(row => row.Signature is null))
                rows = await SignAsync(transaction, credential, rows, ct);
            // Step 3: put the files together; a time stamp can be tried again and again over the same signature.
            var files = new List<(Guid Id, byte[] File)>();
            foreach (Row row in rows)
                files.Add((row.Id, await CompleteAsync(row, ct)));
            // Step 4: result, event and units are one.
            await record.RecordAsync(transaction, files.Count, [.. files.Select(file => file.Id)], tx => StoreAsync(tx, files));
        }
        catch (FaultException fault) when (fault.Kind is FaultKind.Unavailable or FaultKind.Exhausted)
        {
            await LaterAsync(transaction, fault, ct);
            return;
        }
        catch (FaultException fault)
        {
            Failed(logger, id, fault.Code);
            await end.EndAsync(id, ["signing"], "failed", CancellationToken.None);
        }
        catch (Exception e) when (e is PdfException or SignatureException or CryptographicException or AsnContentException)
        {
            Broken(logger, id, e); // such as a signature value that does not verify: somebody must look, and the others must go on
            await end.EndAsync(id, ["signing"], "failed", CancellationToken.None);
        }
        signal.Changed(id, startSigning: false);
    }

    private async Task<(SigningTransaction?, Credential?)> LeaseAsync(Guid id, CancellationToken ct)
    {
        DateTime now = clock.GetUtcNow().UtcDateTime;
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return (await connection.QueryAsync<SigningTransaction, Credential, (SigningTransaction?, Credential?)>(new CommandDefinition($"""
            with t as (
                update signing_transaction set state = 'signing', lease_until = @until
                where id = @id and purpose = 'documents' and state in ('active', 'signing') and (lease_until is null or lease_until < @now)
                returning *)
            select {SigningTransaction.Columns}, {Credential.Columns}
            from t join credential c on c.id = t.credential_id left join certificate_state s on s.serial = c.serial
            """, new { id, now, until = now + Lease }, cancellationToken: ct),
            (transaction, credential) => (transaction, credential), splitOn: "id")).SingleOrDefault();
    }

    private async Task<List<Row>> RowsAsync(Guid id, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return (await connection.QueryAsync<Row>(new CommandDefinition(
            "select id, level, prepared, signature from document where transaction_id = @id order by position", new { id }, cancellationToken: ct))).AsList();
    }

    private async Task<List<Row>> SignAsync(SigningTransaction transaction, Credential credential, List<Row> rows, CancellationToken ct)
    {
        if (!credential.IsEnabled(clock.GetUtcNow()))
            throw FaultException.Conflict("credential_disabled", "the certificate may not sign now");
        SignReply reply = await module.SignAsync(new SignRequest
        {
            CredentialId = transaction.CredentialId.ToString("D"),
            ClientId = transaction.ClientId,
            TransactionId = transaction.Id.ToString("D"),
            Sad = sad.Of(transaction.Id),
            SignatureAlgorithm = transaction.SignatureAlgorithm!,
            HashAlgorithm = transaction.HashAlgorithm,
            SignatureParameters = ByteString.CopyFrom(transaction.SignatureParameters ?? []),
            Items = { transaction.Digests.Select(digest => new SignItem { Digest = UnsafeByteOperations.UnsafeWrap(digest) }) },
        }, ct);
        List<Row> signed = [.. rows.Select((row, i) => row with { Signature = reply.Signatures[i].ToByteArray() })];
        await db.InTransactionAsync(async tx => await tx.Connection!.ExecuteAsync(
            "update document set signature = @Signature where id = @Id and signature is null", signed.Select(row => new { row.Id, row.Signature }), tx), CancellationToken.None);
        return signed;
    }

    private Task<byte[]> CompleteAsync(Row row, CancellationToken ct) => PreparedFile.CompleteAsync(row.Prepared, row.Signature!, row.Level != "AdES-B-T" ? null
        : data => StampHash.StampAsync(timestamper, DigestAlgorithm.Sha256, DigestAlgorithm.Sha256.Hash(data), StampHash.NewNonce(), ct));

    private static Task<int> StoreAsync(NpgsqlTransaction tx, List<(Guid Id, byte[] File)> files) => tx.Connection!.ExecuteAsync(
        "update document set signed = @File, sha256 = @Hash, prepared = null where id = @Id",
        files.Select(file => new { file.Id, file.File, Hash = DigestAlgorithm.Sha256.Hash(file.File) }), tx);

    /// <summary>A dependency is down: again in a moment, until the SAD expires (nothing signed yet) or for a day (only the stamp is missing).</summary>
    private async Task LaterAsync(SigningTransaction transaction, FaultException fault, CancellationToken ct)
    {
        DateTime now = clock.GetUtcNow().UtcDateTime;
        bool signed = (await RowsAsync(transaction.Id, ct)).All(row => row.Signature is not null);
        if (signed ? transaction.CreatedAt + GiveUp < now : transaction.SadExpiresAt < now)
        {
            Failed(logger, transaction.Id, fault.Code);
            await end.EndAsync(transaction.Id, ["signing"], "failed", ct);
            signal.Changed(transaction.Id, startSigning: false);
            return;
        }
        Later(logger, transaction.Id, fault.Code);
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition(
            "update signing_transaction set lease_until = @until where id = @id and state = 'signing'", new { id = transaction.Id, until = now + Retry }, cancellationToken: ct));
    }

    [LoggerMessage(3021, LogLevel.Warning, "Files of transaction {Id} are signed later: {Code}")]
    private static partial void Later(ILogger logger, Guid id, string code);

    [LoggerMessage(3022, LogLevel.Warning, "Files of transaction {Id} cannot be signed: {Code}")]
    private static partial void Failed(ILogger logger, Guid id, string code);

    [LoggerMessage(3023, LogLevel.Error, "Files of transaction {Id} cannot be put together")]
    private static partial void Broken(ILogger logger, Guid id, Exception exception);
}
