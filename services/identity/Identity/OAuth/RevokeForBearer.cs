using Grpc.Core;
using Pechat.Contracts;
using Pechat.Contracts.Identity.V1;
using Pechat.Hosting;

namespace Pechat.Identity.OAuth;

internal sealed partial class SessionsService
{
    /// <summary>Revokes a token of the bearer who asks (CSC API §5.3): the same customer, by the same client.</summary>
    [Callers("signing")]
    public override async Task<RevokeReply> Revoke(RevokeRequest request, ServerCallContext context)
    {
        CancellationToken ct = context.CancellationToken;
        if (request.TokenTypeHint is not ("" or "access_token" or "refresh_token"))
            throw FaultException.Invalid("invalid_request", "Invalid string parameter token_type_hint");
        LiveToken? found = request.Token.Length == 0 ? null : await tokens.FindAsync(request.Token, ct);
        if (found is null || found.Subject != request.CustomerId || found.Client != request.ClientId)
            throw FaultException.Invalid("invalid_request", "Invalid string parameter token");
        await tokens.RevokeAsync(found, ct);
        return new();
    }
}
