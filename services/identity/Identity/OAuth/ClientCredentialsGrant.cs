using Pechat.Contracts;

namespace Pechat.Identity.OAuth;

/// <summary>A token for the client itself (RFC 6749 §4.4), for the CSC API only.</summary>
internal sealed class ClientCredentialsGrant(AccessTokenIssuer tokens, IdentityOptions options)
{
    internal Token.Response Issue(ClientOptions client, IFormCollection form)
    {
        string scope = OAuthForm.Single(form, "scope") ?? Scopes.Service;
        if (scope != Scopes.Service || !client.Scopes.Contains(Scopes.Service, StringComparer.Ordinal))
            throw FaultException.Invalid("invalid_scope", "client credentials give the scope service, if the client has it");
        return new(tokens.Issue(client.Id, client.Id, scope, options.AccessTokenLifetime), "Bearer", (int)options.AccessTokenLifetime.TotalSeconds, scope);
    }
}
