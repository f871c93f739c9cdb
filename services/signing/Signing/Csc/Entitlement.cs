using System.Security.Claims;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Signing.Transactions;

namespace Pechat.Signing.Csc;

/// <summary>
/// Which transaction a request may use (§5.11): a credential token in the header, or with a service token there a SAD, which may be a credential
/// token as well. Whether that transaction is the caller's, confirmed and not used up is judged by <see cref="AuthorizedUse"/>.
/// </summary>
/// <param name="TransactionId">The transaction; empty for a SAD that was not made here.</param>
/// <param name="SadVersion">Version of the SAD; null for a credential token, which stands for the newest.</param>
internal readonly record struct Entitlement(Guid TransactionId, int? SadVersion)
{
    private const int MaxLength = 8192;

    /// <summary>Presence and type of <c>SAD</c>; null where a credential token makes it unnecessary.</summary>
    internal static string? Read(CscRequest request, Caller caller) =>
        caller.Token is not null && request.Member("SAD") is null ? null : request.RequiredString("SAD");

    internal static async ValueTask<Entitlement> OfAsync(string? sad, Caller caller, Sad sads, AccessTokens tokens, CancellationToken ct)
    {
        Entitlement? header = caller.Token is { } token ? new Entitlement(token.TransactionId, null) : null;
        if (sad is null)
            return header ?? default;
        Entitlement body = sads.Read(sad) is { } found ? new Entitlement(found.TransactionId, found.Version)
            : sad.Contains('.', StringComparison.Ordinal) && sad.Length <= MaxLength ? await OfTokenAsync(sad, caller, tokens, ct) : default;
        return header is null || header.Value.TransactionId == body.TransactionId ? body : throw CscRequest.InvalidParameter("SAD"); // two that differ
    }

    private static async Task<Entitlement> OfTokenAsync(string jwt, Caller caller, AccessTokens tokens, CancellationToken ct)
    {
        try
        {
            ClaimsPrincipal user = await tokens.ValidateAsync(jwt, "expired_token", ct);
            return CredentialToken.Of(user) is { } token && user.ClientId() == caller.ClientId ? new Entitlement(token.TransactionId, null) : default;
        }
        catch (FaultException fault) when (fault.Kind is FaultKind.Unauthenticated)
        {
            throw new FaultException(FaultKind.Invalid, "invalid_request", fault.Code == "expired_token" ? "SAD expired" : "Invalid parameter SAD", fault);
        }
        catch (FaultException fault) when (fault.Kind is FaultKind.Forbidden)
        {
            throw new FaultException(FaultKind.Invalid, "invalid_request", "Invalid parameter SAD", fault);
        }
    }
}
