using System.Text.RegularExpressions;
using Microsoft.AspNetCore.WebUtilities;

namespace Pechat.Identity.OAuth;

/// <summary>A request of the authorization endpoint that has been found in order (RFC 6749 §4.1.1 with PKCE).</summary>
internal sealed partial record AuthorizationRequest(
    ClientOptions Client, string RedirectUri, string Scope, string? State, string CodeChallenge, string? Nonce, string Language)
{
    /// <summary>Frameworks put sealed data into state, which takes some hundred characters.</summary>
    private const int MaxEcho = 2048;

    /// <summary>Judges a query.</summary>
    /// <returns>The request; or where to send the browser with an error; or neither, when it must not be sent anywhere (RFC 6749 §4.1.2.1).</returns>
    internal static (AuthorizationRequest? Request, string? ErrorRedirect) Judge(IQueryCollection query, OAuthClients clients, string issuer, string language)
    {
        string? One(string name) => query[name] is { Count: 1 } value && !string.IsNullOrEmpty(value[0]) ? value[0] : null;
        ClientOptions? client = clients.Find(One("client_id"));
        string? redirect = query.ContainsKey("redirect_uri") ? One("redirect_uri") : client is { RedirectUris: [var only] } ? only : null;
        if (client is null || redirect is null || !client.RedirectUris.Contains(redirect, StringComparer.Ordinal))
            return (null, null);

        string? state = One("state");
        (AuthorizationRequest?, string?) Refuse(string error, string description) => (null, Redirect(redirect, issuer, state, ("error", error), ("error_description", description)));
        if (query.FirstOrDefault(p => p.Value.Count > 1).Key is { } repeated)
            return Refuse("invalid_request", $"Parameter {repeated} occurs more than once");
        if (state is { Length: > MaxEcho } || One("nonce") is { Length: > MaxEcho })
            return Refuse("invalid_request", $"state and nonce have at most {MaxEcho} characters");
        if (One("response_type") != "code")
            return Refuse(One("response_type") is null ? "invalid_request" : "unsupported_response_type", "response_type must be code");
        if (!client.GrantTypes.Contains(Grants.AuthorizationCode, StringComparer.Ordinal))
            return Refuse("unauthorized_client", "the client may not use authorization codes");
        // RFC 7636: plain protects nothing once the request is read, so S256 is the only method.
        string challenge = One("code_challenge") ?? "";
        if (One("code_challenge_method") != "S256" || !Challenge().IsMatch(challenge))
            return Refuse("invalid_request", "code_challenge with code_challenge_method S256 is needed");
        string? scope = GrantableScope(One("scope"), client);
        return scope is null
            ? Refuse("invalid_scope", "the scope is unknown or not for this client")
            : (new(client, redirect, scope, state, challenge, One("nonce"), language), null);
    }

    /// <summary>The scope that a client gets by logging a customer in; null when it may not have what it asks for.</summary>
    private static string? GrantableScope(string? asked, ClientOptions client)
    {
        string[] scopes = (asked ?? Scopes.Service).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        bool granted = scopes.Length > 0 && scopes.All(s => s != Scopes.Device && client.Scopes.Contains(s, StringComparer.Ordinal));
        return granted ? string.Join(' ', scopes.Distinct(StringComparer.Ordinal)) : null;
    }

    /// <summary>The redirect that ends the request; <c>iss</c> tells a client of several servers who answered (RFC 9207).</summary>
    internal static string Redirect(string redirectUri, string issuer, string? state, params (string Name, string Value)[] parameters)
    {
        IEnumerable<(string Name, string? Value)> all = [.. parameters, ("state", state), ("iss", issuer)];
        return QueryHelpers.AddQueryString(redirectUri, all.Where(p => p.Value is not null).ToDictionary(p => p.Name, p => p.Value));
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{43}$")]
    private static partial Regex Challenge();
}
