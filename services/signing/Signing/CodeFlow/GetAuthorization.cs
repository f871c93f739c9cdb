using Grpc.Core;
using Pechat.Contracts.Signing.V1;
using Pechat.Hosting;

namespace Pechat.Signing.CodeFlow;

internal sealed partial class CredentialAuthorizationService
{
    /// <summary>What became of an authorisation.</summary>
    [Callers("identity")]
    public override Task<AuthorizationReply> Get(GetAuthorizationRequest request, ServerCallContext context) =>
        ReplyAsync(request.TransactionId, context.CancellationToken);
}
