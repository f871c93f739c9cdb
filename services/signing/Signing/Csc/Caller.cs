using System.Security.Claims;
using Pechat.Hosting;
using Pechat.Signing.Credentials;

namespace Pechat.Signing.Csc;

/// <summary>Who calls the CSC API: an OAuth client, for one customer (user-specific authorisation) or for none (client credentials).</summary>
/// <param name="CustomerId">The customer whose credentials the token may see; null for client credentials.</param>
/// <param name="ClientId">The client.</param>
/// <param name="Token">The bearer is a credential token: only its credential is open.</param>
internal sealed record Caller(Guid? CustomerId, string ClientId, CredentialToken? Token = null)
{
    internal static Caller Of(ClaimsPrincipal user)
    {
        string client = user.ClientId();
        return new Caller(user.FindFirstValue("sub") == client ? null : user.CustomerId(), client, CredentialToken.Of(user));
    }

    /// <summary>Whether a credential is open to the caller (D-16).</summary>
    internal bool MayUse(Credential credential) => MaySee(credential.CustomerId) && (Token is null || Token.CredentialId == credential.Id);

    /// <summary>Whether something of this customer may be shown to the caller.</summary>
    internal bool MaySee(Guid customer) => CustomerId is null || CustomerId == customer;

    /// <summary>The customer that a request is about; refused as §5.4 says when <c>userID</c> does not fit the token.</summary>
    internal Guid? SubjectOf(CscRequest request)
    {
        string? userId = request.OptionalString("userID");
        if (CustomerId is not null)
            return string.IsNullOrEmpty(userId) ? CustomerId : throw CscRequest.Invalid(request.Version.NoUserId);
        return Guid.TryParseExact(userId, "D", out Guid customer) ? customer : null;
    }
}
