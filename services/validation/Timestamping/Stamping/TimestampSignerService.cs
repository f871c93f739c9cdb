using Google.Protobuf;
using Grpc.Core;
using Pechat.Contracts.Timestamping.V1;
using Pechat.Hosting;

namespace Pechat.Timestamping.Stamping;

/// <summary>RFC 3161 for callers inside the house.</summary>
internal sealed class TimestampSignerService(Stamp stamp) : TimestampSigner.TimestampSignerBase
{
    [Callers("signing")]
    public override async Task<StampReply> Stamp(StampRequest request, ServerCallContext context) =>
        new() { Response = UnsafeByteOperations.UnsafeWrap(await stamp.AnswerAsync(request.Request.Memory, context.CancellationToken)) };
}
