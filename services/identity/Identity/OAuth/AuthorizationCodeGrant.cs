using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;
using Pechat.Contracts;

namespace Pechat.Identity.OAuth;

/// <summary>Exchanges a code (RFC 6749 §4.1.3, RFC 7636 §4.6). Whoever shows a code uses it up, right or wrong.</summary>
internal sealed class AuthorizationCodeGrant(NpgsqlDataSource db, AccessTokenIssuer tokens, IdentityOptions options, TimeProvider clock)
{
    private sealed record Row(Guid CustomerId, string RedirectUri, string Scope, string CodeChallenge, string? Nonce, DateTime AuthenticatedAt);

    internal async Task<Token.Response> IssueAsync(ClientOptions client, IFormCollection form, CancellationToken ct)
    {
        string code = OAuthClients.Single(form, "code") ?? throw FaultException.Invalid("invalid_request", "Missing parameter code");
        string verifier = OAuthClients.Single(form, "code_verifier") ?? throw FaultException.Invalid("invalid_request", "Missing parameter code_verifier");
        Row row = await UseAsync(client.Id, code, ct) ?? throw FaultException.Invalid("invalid_grant", "Authorization code is invalid or expired");
        if (OAuthClients.Single(form, "redirect_uri") is { } redirect ? redirect != row.RedirectUri : client.RedirectUris.Count > 1)
            throw FaultException.Invalid("invalid_grant", "redirect_uri parameter does not match redirect_uri parameter of authorization request");
        byte[] challenge = Encoding.ASCII.GetBytes(Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))));
        if (verifier.Length is < 43 or > 128 || !CryptographicOperations.FixedTimeEquals(challenge, Encoding.ASCII.GetBytes(row.CodeChallenge)))
            throw FaultException.Invalid("invalid_grant", "Invalid parameter code_verifier");

        string subject = row.CustomerId.ToString();
        string? idToken = row.Scope.Split(' ').Contains(Scopes.OpenId, StringComparer.Ordinal)
            ? tokens.IssueIdToken(subject, client.Id, row.Nonce, row.AuthenticatedAt, options.AccessTokenLifetime) : null;
        return new(tokens.Issue(subject, client.Id, row.Scope, options.AccessTokenLifetime), "Bearer", (int)options.AccessTokenLifetime.TotalSeconds, row.Scope, idToken);
    }

    private async Task<Row?> UseAsync(string client, string code, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition("""
            update authorization_code set used_at = @now
            where code_hash = @hash and client_id = @client and used_at is null and expires_at > @now
            returning customer_id, redirect_uri, scope, code_challenge, nonce, authenticated_at
            """, new { hash = Authorize.HashSecret(code), client, now = clock.GetUtcNow() }, cancellationToken: ct));
    }
}
