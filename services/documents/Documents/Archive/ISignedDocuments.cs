using Google.Protobuf;
using Grpc.Core;
using Pechat.Contracts.Signing.V1;

namespace Pechat.Documents.Archive;

/// <summary>What this service asks of Signing.</summary>
internal interface ISignedDocuments
{
    /// <summary>One signed file with what Signing says about it; not checked yet.</summary>
    Task<SignedFile> ReadAsync(Guid documentId, CancellationToken ct);
}

/// <summary>A file as it arrived.</summary>
internal sealed record SignedFile(SignedDocumentHeader Header, byte[] Content);

internal sealed class SignedDocumentsClient(SignedDocuments.SignedDocumentsClient client, DocumentsOptions options, TimeProvider clock) : ISignedDocuments
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    public async Task<SignedFile> ReadAsync(Guid documentId, CancellationToken ct)
    {
        using AsyncServerStreamingCall<SignedDocumentChunk> call = client.Read(
            new ReadSignedDocumentRequest { DocumentId = documentId.ToString("D") }, deadline: (clock.GetUtcNow() + Deadline).UtcDateTime, cancellationToken: ct);
        SignedDocumentHeader? header = null;
        var content = new MemoryStream();
        while (await call.ResponseStream.MoveNext(ct))
        {
            SignedDocumentChunk chunk = call.ResponseStream.Current;
            header ??= chunk.Header ?? throw new InvalidDataException("The stream of a signed document has no header");
            Write(content, chunk.Data);
            if (content.Length > header.Length || header.Length > options.MaxFileBytes)
                throw new InvalidDataException($"Document {documentId} is longer than it may be");
        }
        return new SignedFile(header ?? throw new InvalidDataException("The stream of a signed document is empty"), content.ToArray());
    }

    private static void Write(MemoryStream content, ByteString data) => content.Write(data.Span);
}
