using Grpc.Core;
using Pechat.Contracts.Signing.V1;
using Pechat.Hosting;

namespace Pechat.Signing.CodeFlow;

internal sealed partial class CredentialAuthorizationService
{
    /// <summary>
    /// Ends an authorisation: declined on the page, or its token was revoked. A confirmation that is under way is ended as well, because the
    /// activation module closes its side; calling again answers the same state.
    /// </summary>
    [Callers("identity")]
    public override async Task<AuthorizationReply> Close(GetAuthorizationRequest request, ServerCallContext context)
    {
        AuthorizationReply reply = await ReplyAsync(request.TransactionId, context.CancellationToken);
        Guid id = Guid.ParseExact(request.TransactionId, "D");
        if (reply.State is "pending" && await end.EndAsync(id, ["pending"], "rejected", context.CancellationToken))
            return await ReplyAsync(request.TransactionId, context.CancellationToken);
        return await end.EndAsync(id, ["confirming", "active"], "closed", context.CancellationToken)
            ? await ReplyAsync(request.TransactionId, context.CancellationToken)
            : reply;
    }
}
