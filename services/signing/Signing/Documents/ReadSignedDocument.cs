using Dapper;
using Google.Protobuf;
using Grpc.Core;
using Npgsql;
using Pechat.Contracts;
using Pechat.Contracts.Signing.V1;
using Pechat.Hosting;

namespace Pechat.Signing.Documents;

/// <summary>gRPC <c>SignedDocuments.Read</c>: a signed file on its way into the archive.</summary>
internal sealed class ReadSignedDocument(NpgsqlDataSource db) : SignedDocuments.SignedDocumentsBase
{
    private const int ChunkBytes = 64 * 1024;

    private sealed record Row(string Name, string MediaType, byte[] Signed, byte[] Sha256, Guid CustomerId);

    [Callers("documents")]
    public override async Task Read(ReadSignedDocumentRequest request, IServerStreamWriter<SignedDocumentChunk> responseStream, ServerCallContext context)
    {
        CancellationToken ct = context.CancellationToken;
        Row row = await FindAsync(request.DocumentId, ct) ?? throw FaultException.NotFound("unknown_document", "there is no such signed document");
        var header = new SignedDocumentHeader
        {
            Name = row.Name,
            MediaType = row.MediaType,
            Length = row.Signed.Length,
            Sha256 = ByteString.CopyFrom(row.Sha256),
            CustomerId = row.CustomerId.ToString("D"),
        };
        await responseStream.WriteAsync(new SignedDocumentChunk { Header = header }, ct);
        for (int offset = 0; offset < row.Signed.Length; offset += ChunkBytes)
        {
            Memory<byte> chunk = row.Signed.AsMemory(offset, Math.Min(ChunkBytes, row.Signed.Length - offset));
            await responseStream.WriteAsync(new SignedDocumentChunk { Data = UnsafeByteOperations.UnsafeWrap(chunk) }, ct);
        }
    }

    private async Task<Row?> FindAsync(string documentId, CancellationToken ct)
    {
        if (!Guid.TryParseExact(documentId, "D", out Guid id))
            return null;
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition("""
            select d.name, d.media_type, d.signed, d.sha256, t.customer_id
            from document d join signing_transaction t on t.id = d.transaction_id
            where d.id = @id and d.signed is not null
            """, new { id }, cancellationToken: ct));
    }
}
