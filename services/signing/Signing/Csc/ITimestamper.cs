using Google.Protobuf;
using Pechat.Contracts.Timestamping.V1;

namespace Pechat.Signing.Csc;

/// <summary>What this service asks of the time-stamping unit.</summary>
internal interface ITimestamper
{
    /// <summary>Answers a TimeStampReq with a TimeStampResp, both DER.</summary>
    Task<ReadOnlyMemory<byte>> StampAsync(ReadOnlyMemory<byte> request, CancellationToken ct);
}

internal sealed class TimestampingClient(TimestampSigner.TimestampSignerClient client) : ITimestamper
{
    public async Task<ReadOnlyMemory<byte>> StampAsync(ReadOnlyMemory<byte> request, CancellationToken ct) =>
        (await client.StampAsync(new StampRequest { Request = UnsafeByteOperations.UnsafeWrap(request) }, cancellationToken: ct)).Response.Memory;
}
