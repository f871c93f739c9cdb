using System.Security.Claims;
using Pechat.Hosting;

namespace Pechat.Signing.Csc;

/// <summary>Who calls the CSC API: an OAuth client, for one customer (user-specific authorisation) or for none (client credentials).</summary>
/// <param name="CustomerId">The customer whose credentials the token may see; null for client credentials.</param>
/// <param name="ClientId">The client.</param>
internal sealed record Caller(Guid? CustomerId, string ClientId)
{
    internal static Caller Of(ClaimsPrincipal user)
    {
        string client = user.ClientId();
        return new Caller(user.FindFirstValue("sub") == client ? null : user.CustomerId(), client);
    }

    /// <summary>Whether something of this customer may be shown to the caller.</summary>
    internal bool MaySee(Guid customer) => CustomerId is null || CustomerId == customer;

    /// <summary>The customer that a request is about; refused as §5.4 says when <c>userID</c> does not fit the token.</summary>
    internal Guid? SubjectOf(CscRequest request)
    {
        string? userId = request.OptionalString("userID");
        if (CustomerId is not null)
            return string.IsNullOrEmpty(userId) ? CustomerId : throw CscRequest.Invalid("userID parameter SHALL be null");
        return Guid.TryParseExact(userId, "D", out Guid customer) ? customer : null;
    }
}
