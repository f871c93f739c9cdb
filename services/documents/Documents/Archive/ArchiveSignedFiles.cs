using System.Security.Cryptography;
using Dapper;
using MassTransit;
using Npgsql;
using Pechat.Contracts.Events.Signing;
using Pechat.Persistence;

namespace Pechat.Documents.Archive;

/// <summary>
/// Files were signed: they are fetched from Signing and kept. While Signing is down the event waits; a file whose hash is not the one
/// announced is never stored.
/// </summary>
internal sealed partial class ArchiveSignedFiles(
    NpgsqlDataSource db, ISignedDocuments signing, DocumentsOptions options, TimeProvider clock, ILogger<ArchiveSignedFiles> logger) : IConsumer<SignatureCreated>
{
    public async Task Consume(ConsumeContext<SignatureCreated> context)
    {
        SignatureCreated created = context.Message;
        if (created.DocumentIds.Count == 0)
            return; // only digests were signed
        CancellationToken ct = context.CancellationToken;
        var files = new List<(Guid Id, SignedFile File)>(created.DocumentIds.Count);
        foreach (Guid id in created.DocumentIds) // before the transaction, which must not wait for the network
            files.Add((id, Checked(id, await signing.ReadAsync(id, ct), created)));
        await db.InTransactionAsync(async tx =>
        {
            if (!await Inbox.TryAcceptAsync(tx, context.MessageId!.Value, nameof(ArchiveSignedFiles), ct))
                return 0;
            foreach ((Guid id, SignedFile file) in files)
                await StoreAsync(tx, id, file, created, ct);
            return files.Count;
        }, ct);
        Archived(logger, files.Count, created.TransactionId);
    }

    private static SignedFile Checked(Guid id, SignedFile file, SignatureCreated created)
    {
        if (file.Content.Length != file.Header.Length || !file.Header.Sha256.Span.SequenceEqual(SHA256.HashData(file.Content)))
            throw new InvalidDataException($"Document {id} did not arrive as it was announced");
        return file.Header.CustomerId == created.CustomerId.ToString("D")
            ? file : throw new InvalidDataException($"Document {id} belongs to another customer than the event says");
    }

    private Task<int> StoreAsync(NpgsqlTransaction tx, Guid id, SignedFile file, SignatureCreated created, CancellationToken ct) =>
        tx.Connection!.ExecuteAsync(new CommandDefinition("""
            insert into archived_document (
                id, transaction_id, customer_id, credential_id, client_id, name, media_type, length, sha256, content, signed_at, archived_at, keep_until)
            values (
                @id, @TransactionId, @CustomerId, @CredentialId, @ClientId, @Name, @MediaType, @Length, @Hash, @Content, @SignedAt, @Now, @KeepUntil)
            on conflict (id) do nothing
            """,
            new
            {
                id,
                created.TransactionId,
                created.CustomerId,
                created.CredentialId,
                created.ClientId,
                file.Header.Name,
                file.Header.MediaType,
                file.Header.Length,
                Hash = file.Header.Sha256.ToByteArray(),
                file.Content,
                SignedAt = created.At.UtcDateTime,
                Now = clock.GetUtcNow().UtcDateTime,
                KeepUntil = created.At.UtcDateTime.AddYears(options.RetentionYears),
            }, tx, cancellationToken: ct));

    [LoggerMessage(10001, LogLevel.Information, "Archived {Count} files of transaction {TransactionId}")]
    private static partial void Archived(ILogger logger, int count, Guid transactionId);
}
