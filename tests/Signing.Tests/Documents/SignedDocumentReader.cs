using Grpc.Core;
using Pechat.Contracts.Signing.V1;

namespace Pechat.Signing.Tests.Documents;

/// <summary>Reads a signed file as another service would.</summary>
internal static class SignedDocumentReader
{
    internal static async Task<(SignedDocumentHeader Header, byte[] Content)> ReadAsync(SigningHouse house, string caller, string documentId)
    {
        var client = new SignedDocuments.SignedDocumentsClient(house.Cluster.Channel(house.Service, caller));
        using AsyncServerStreamingCall<SignedDocumentChunk> call = client.Read(new ReadSignedDocumentRequest { DocumentId = documentId });
        SignedDocumentHeader? header = null;
        var content = new MemoryStream();
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            header ??= call.ResponseStream.Current.Header;
            Assert.That(call.ResponseStream.Current.Data.Length, Is.AtMost(64 * 1024));
            content.Write(call.ResponseStream.Current.Data.Span);
        }
        return (header!, content.ToArray());
    }
}
