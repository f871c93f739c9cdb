using System.Security.Claims;
using Pechat.Contracts;
using Pechat.Hosting;

namespace Pechat.Signing.Csc;

/// <summary>
/// What an access token of scope <c>credential</c> says (§6.9): it stands for the SAD of one transaction that the signer's phone has confirmed
/// in the code flow, and opens nothing but that transaction's credential.
/// </summary>
/// <param name="CredentialId">Claim <c>credential_id</c>.</param>
/// <param name="TransactionId">Claim <c>transaction</c>.</param>
internal sealed record CredentialToken(Guid CredentialId, Guid TransactionId)
{
    internal const string Scope = "credential";

    /// <summary>Null when the token has another scope.</summary>
    internal static CredentialToken? Of(ClaimsPrincipal user)
    {
        if (!user.HasScope(Scope))
            return null;
        return Guid.TryParseExact(user.FindFirstValue("credential_id"), "D", out Guid credential) && Guid.TryParseExact(user.FindFirstValue("transaction"), "D", out Guid transaction)
            ? new CredentialToken(credential, transaction)
            : throw FaultException.Forbidden("access_denied", "the access token names no credential");
    }
}
