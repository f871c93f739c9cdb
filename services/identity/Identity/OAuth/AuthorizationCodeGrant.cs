using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Persistence;

namespace Pechat.Identity.OAuth;

/// <summary>
/// Exchanges a code (RFC 6749 §4.1.3, RFC 7636 §4.6). Its client uses it up by showing it, right or wrong; shown again, it was stolen, and
/// what it gave the first time ends (RFC 6749 §4.1.2).
/// </summary>
internal sealed class AuthorizationCodeGrant(NpgsqlDataSource db, ClientSessions sessions, AccessTokenIssuer tokens, IdentityOptions options, TimeProvider clock)
{
    private sealed record Row(
        Guid LoginId, string ClientId, Guid CustomerId, string RedirectUri, string Scope, string CodeChallenge, string? Nonce, DateTime AuthenticatedAt, DateTime ExpiresAt, DateTime? UsedAt);

    internal async Task<Token.Response> IssueAsync(ClientOptions client, IFormCollection form, CancellationToken ct)
    {
        string code = OAuthForm.Single(form, "code") ?? throw FaultException.Invalid("invalid_request", "Missing parameter code");
        string verifier = OAuthForm.Single(form, "code_verifier") ?? throw FaultException.Invalid("invalid_request", "Missing parameter code_verifier");
        string? redirect = OAuthForm.Single(form, "redirect_uri");
        (Row? row, string? refresh, FaultException? refusal) = await db.InTransactionAsync<(Row?, string?, FaultException?)>(async tx =>
        {
            Row? found = await FindAsync(tx, code, ct);
            if (found is null || found.ClientId != client.Id)
                return (null, null, Invalid("Authorization code is invalid or expired"));
            if (found.UsedAt is not null)
            {
                await sessions.RevokeAsync(tx, found.LoginId, ct);
                return (null, null, Invalid("Authorization code is invalid or expired"));
            }
            await tx.Connection!.ExecuteAsync(new CommandDefinition("update authorization_code set used_at = @now where code_hash = @hash",
                new { now = clock.GetUtcNow(), hash = Authorize.HashSecret(code) }, tx, cancellationToken: ct));
            if (Problem(found, client, redirect, verifier) is { } problem)
                return (null, null, problem);
            bool refreshable = client.GrantTypes.Contains(Grants.RefreshToken, StringComparer.Ordinal);
            return (found, await sessions.BeginAsync(tx, found.LoginId, found.Scope, options.AccessTokenLifetime, refreshable, ct), null);
        }, ct);
        if (refusal is not null)
            throw refusal; // outside the transaction, which has used the code up

        string subject = row!.CustomerId.ToString();
        string? idToken = row.Scope.Split(' ').Contains(Scopes.OpenId, StringComparer.Ordinal)
            ? tokens.IssueIdToken(subject, client.Id, row.Nonce, row.AuthenticatedAt, options.AccessTokenLifetime) : null;
        string access = tokens.Issue(subject, client.Id, row.Scope, options.AccessTokenLifetime, session: row.LoginId);
        return new(access, "Bearer", (int)options.AccessTokenLifetime.TotalSeconds, row.Scope) { IdToken = idToken, RefreshToken = refresh };
    }

    private FaultException? Problem(Row row, ClientOptions client, string? redirect, string verifier)
    {
        if (row.ExpiresAt <= clock.GetUtcNow().UtcDateTime)
            return Invalid("Authorization code is invalid or expired");
        if (redirect is not null ? redirect != row.RedirectUri : client.RedirectUris.Count > 1)
            return Invalid("redirect_uri parameter does not match redirect_uri parameter of authorization request");
        byte[] challenge = Encoding.ASCII.GetBytes(Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))));
        return verifier.Length is >= 43 and <= 128 && CryptographicOperations.FixedTimeEquals(challenge, Encoding.ASCII.GetBytes(row.CodeChallenge))
            ? null : Invalid("Invalid parameter code_verifier");
    }

    private static FaultException Invalid(string description) => FaultException.Invalid("invalid_grant", description);

    private static async Task<Row?> FindAsync(NpgsqlTransaction tx, string code, CancellationToken ct) =>
        await tx.Connection!.QuerySingleOrDefaultAsync<Row>(new CommandDefinition("""
            select login_id, client_id, customer_id, redirect_uri, scope, code_challenge, nonce, authenticated_at, expires_at, used_at
            from authorization_code where code_hash = @hash for update
            """, new { hash = Authorize.HashSecret(code) }, tx, cancellationToken: ct));
}
