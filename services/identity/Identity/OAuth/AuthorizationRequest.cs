using System.Text.RegularExpressions;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Pechat.Contracts;

namespace Pechat.Identity.OAuth;

/// <summary>A request of the authorization endpoint that has been found in order (RFC 6749 §4.1.1, RFC 7636, CSC API §6.3).</summary>
/// <param name="Client">Who asks.</param>
/// <param name="RedirectUri">One of its own, exactly.</param>
/// <param name="Scope">Space separated.</param>
/// <param name="State">Returned as it came.</param>
/// <param name="CodeChallenge">PKCE; null only for a confidential client behind the base for CSC API v1.</param>
/// <param name="Nonce">For the ID token.</param>
/// <param name="Credential">What is to be signed; null unless the scope is credential.</param>
/// <param name="AccountToken">The client's assertion of who must log in, unproven.</param>
internal sealed partial record AuthorizationRequest(
    ClientOptions Client, string RedirectUri, string Scope, string? State, string? CodeChallenge, string? Nonce, CredentialRequest? Credential, string? AccountToken)
{
    /// <summary>Frameworks put sealed data into state, which takes some hundred characters.</summary>
    private const int MaxEcho = 2048;

    /// <summary>Why a request is refused, and where the browser may be told so: nowhere, when client or redirect URI are wrong (RFC 6749 §4.1.2.1).</summary>
    internal sealed record Refusal(string? RedirectUri, string? State, string Error, string Description);

    /// <summary>Judges the parameters of a query or a pushed request.</summary>
    internal static (AuthorizationRequest? Request, Refusal? Refusal) Judge(IEnumerable<KeyValuePair<string, StringValues>> parameters, bool v1, OAuthClients clients)
    {
        var all = parameters.ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal);
        string? One(string name) => all.GetValueOrDefault(name) is { Count: 1 } value && !string.IsNullOrEmpty(value[0]) ? value[0] : null;
        ClientOptions? client = clients.Find(One("client_id"));
        string? redirect = all.ContainsKey("redirect_uri") ? One("redirect_uri") : client is { RedirectUris: [var only] } ? only : null;
        if (client is null || redirect is null || !client.RedirectUris.Contains(redirect, StringComparer.Ordinal))
            return (null, new(null, null, "invalid_request", client is null ? "Invalid parameter client_id" : "Invalid parameter redirect_uri"));
        try
        {
            if (all.FirstOrDefault(p => p.Value.Count > 1).Key is { } repeated)
                throw Invalid($"Parameter {repeated} occurs more than once");
            return (Read(client, redirect, v1, One), null);
        }
        catch (FaultException fault) when (fault.Kind == FaultKind.Invalid)
        {
            return (null, new(redirect, One("state"), fault.Code, fault.Message));
        }
    }

    /// <summary>The redirect that ends the request; <c>iss</c> tells a client of several servers who answered (RFC 9207).</summary>
    internal static string Redirect(string redirectUri, string issuer, string? state, params (string Name, string Value)[] parameters)
    {
        IEnumerable<(string Name, string? Value)> all = [.. parameters, ("state", state), ("iss", issuer)];
        return QueryHelpers.AddQueryString(redirectUri, all.Where(p => p.Value is not null).ToDictionary(p => p.Name, p => p.Value));
    }

    /// <exception cref="FaultException">What is wrong, with its OAuth error code.</exception>
    private static AuthorizationRequest Read(ClientOptions client, string redirect, bool v1, Func<string, string?> one)
    {
        if (one("state") is { Length: > MaxEcho } || one("nonce") is { Length: > MaxEcho })
            throw Invalid($"state and nonce have at most {MaxEcho} characters");
        if (one("response_type") != "code")
            throw FaultException.Invalid(one("response_type") is null ? "invalid_request" : "unsupported_response_type", "response_type must be code");
        if (one("response_mode") is not (null or "query"))
            throw Invalid("response_mode must be query");
        if (one("request") is not null)
            throw FaultException.Invalid("request_not_supported", "request objects are not supported; push the request instead");
        if (!client.GrantTypes.Contains(Grants.AuthorizationCode, StringComparer.Ordinal))
            throw FaultException.Invalid("unauthorized_client", "the client may not use authorization codes");
        // The customer logs in afresh on the phone at every request, so that prompt=login and every max_age are always met.
        if (one("prompt")?.Split(' ').Contains("none", StringComparer.Ordinal) == true)
            throw FaultException.Invalid("login_required", "the customer confirms every request on the phone");
        if (one("max_age") is { } age && !(age.Length <= 9 && age.All(char.IsAsciiDigit)))
            throw Invalid("Invalid parameter max_age");
        string[] scopes = ScopesOf(one, client);
        return new(client, redirect, string.Join(' ', scopes), one("state"), ChallengeOf(one, client, v1), one("nonce"),
            scopes.Contains(Scopes.Credential, StringComparer.Ordinal) ? CredentialRequest.Read(one) : null, one("account_token"));
    }

    /// <summary>RFC 7636: plain protects nothing once the request is read, so S256 is the only method. Who cannot keep a secret always needs it.</summary>
    private static string? ChallengeOf(Func<string, string?> one, ClientOptions client, bool v1)
    {
        string? challenge = one("code_challenge"), method = one("code_challenge_method");
        if (challenge is null && method is null && v1 && !client.IsPublic)
            return null;
        return method == "S256" && challenge is not null && Challenge().IsMatch(challenge)
            ? challenge : throw Invalid("code_challenge with code_challenge_method S256 is needed");
    }

    private static string[] ScopesOf(Func<string, string?> one, ClientOptions client)
    {
        bool details = one("authorization_details") is not null;
        string asked = one("scope") ?? (details ? Scopes.Credential : Scopes.Service);
        string[] scopes = [.. asked.Split(' ', StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal)];
        bool credential = scopes.Contains(Scopes.Credential, StringComparer.Ordinal);
        if (scopes.Length == 0 || !scopes.All(s => s != Scopes.Device && client.Scopes.Contains(s, StringComparer.Ordinal)))
            throw FaultException.Invalid("invalid_scope", "the scope is unknown or not for this client");
        if (credential && scopes.Any(s => s is not (Scopes.Credential or Scopes.OpenId)))
            throw FaultException.Invalid("invalid_scope", "the scope credential stands alone"); // CSC API §6.2
        return !details || credential ? scopes : throw FaultException.Invalid("invalid_scope", "authorization_details need the scope credential");
    }

    private static FaultException Invalid(string description) => FaultException.Invalid("invalid_request", description);

    [GeneratedRegex("^[A-Za-z0-9_-]{43}$")]
    private static partial Regex Challenge();
}
