using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
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
        Guid LoginId, string ClientId, Guid CustomerId, string RedirectUri, string Scope, string? CodeChallenge, string? Nonce, DateTime AuthenticatedAt, DateTime ExpiresAt, DateTime? UsedAt,
        bool V1, string? Credential, string? CredentialId, DateTime? CredentialUntil);

    internal async Task<Token.Response> IssueAsync(ClientOptions client, IFormCollection form, CancellationToken ct)
    {
        string code = OAuthForm.Single(form, "code") ?? throw FaultException.Invalid("invalid_request", "Missing parameter code");
        string? verifier = OAuthForm.Single(form, "code_verifier"), redirect = OAuthForm.Single(form, "redirect_uri");
        string? details = OAuthForm.Single(form, "authorization_details");
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
            if (Problem(found, client, redirect, verifier, details) is { } problem)
                return (null, null, problem);
            bool refreshable = found.Credential is null && client.GrantTypes.Contains(Grants.RefreshToken, StringComparer.Ordinal); // CSC API §6.2: none for credential
            return (found, await sessions.BeginAsync(tx, found.LoginId, found.Scope, Lifetime(found), refreshable, ct), null);
        }, ct);
        if (refusal is not null)
            throw refusal; // outside the transaction, which has used the code up

        string subject = row!.CustomerId.ToString();
        TimeSpan lifetime = Lifetime(row);
        string? idToken = row.Scope.Split(' ').Contains(Scopes.OpenId, StringComparer.Ordinal)
            ? tokens.IssueIdToken(subject, client.Id, row.Nonce, row.AuthenticatedAt, options.AccessTokenLifetime) : null;
        (string, Guid)? credential = row.CredentialId is null ? null : (row.CredentialId, SigningConsent.TransactionOf(row.LoginId));
        string access = tokens.Issue(subject, client.Id, row.Scope, lifetime, session: row.LoginId, credential: credential);
        return new(access, row is { V1: true, Credential: not null } ? "SAD" : "Bearer", (int)lifetime.TotalSeconds, row.Scope)
        {
            IdToken = idToken,
            RefreshToken = refresh,
            CredentialId = row.CredentialId,
            AuthorizationDetails = row.CredentialId is null ? null : Asked(row).Echo(row.CredentialId),
        };
    }

    /// <summary>A token of scope credential lives as long as the authorisation that the phone gave.</summary>
    private TimeSpan Lifetime(Row row) => row.CredentialUntil is { } until
        ? TimeSpan.FromSeconds(Math.Max(0, Math.Floor((until - clock.GetUtcNow().UtcDateTime).TotalSeconds))) : options.AccessTokenLifetime;

    private static CredentialRequest Asked(Row row) => JsonSerializer.Deserialize<CredentialRequest>(row.Credential!)!;

    private FaultException? Problem(Row row, ClientOptions client, string? redirect, string? verifier, string? details)
    {
        if (row.ExpiresAt <= clock.GetUtcNow().UtcDateTime || Lifetime(row) <= TimeSpan.Zero)
            return Invalid("Authorization code is invalid or expired");
        if (redirect is not null ? redirect != row.RedirectUri : client.RedirectUris.Count > 1)
            return Invalid("redirect_uri parameter does not match redirect_uri parameter of authorization request");
        // A verifier without a challenge: somebody has taken PKCE out of the request on its way (RFC 9700 §2.1.1).
        if (row.CodeChallenge is not null && verifier is null)
            return FaultException.Invalid("invalid_request", "Missing parameter code_verifier");
        if (row.CodeChallenge is null ? verifier is not null : !Answers(verifier!, row.CodeChallenge))
            return Invalid("Invalid parameter code_verifier");
        try
        {
            return details is null || (row.Credential is not null && Asked(row).Agrees(CredentialRequest.Parse(details)))
                ? null : FaultException.Invalid("invalid_authorization_details", "authorization_details differ from those of the authorization request");
        }
        catch (FaultException unreadable) when (unreadable.Kind == FaultKind.Invalid)
        {
            return unreadable;
        }
    }

    private static bool Answers(string verifier, string challenge)
    {
        byte[] hash = Encoding.ASCII.GetBytes(Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))));
        return verifier.Length is >= 43 and <= 128 && CryptographicOperations.FixedTimeEquals(hash, Encoding.ASCII.GetBytes(challenge));
    }

    private static FaultException Invalid(string description) => FaultException.Invalid("invalid_grant", description);

    private static async Task<Row?> FindAsync(NpgsqlTransaction tx, string code, CancellationToken ct) =>
        await tx.Connection!.QuerySingleOrDefaultAsync<Row>(new CommandDefinition("""
            select c.login_id, c.client_id, c.customer_id, c.redirect_uri, c.scope, c.code_challenge, c.nonce, c.authenticated_at, c.expires_at, c.used_at,
                l.v1, l.credential, c.credential_id, c.credential_until
            from authorization_code c join login l on l.id = c.login_id
            where c.code_hash = @hash for update of c
            """, new { hash = Authorize.HashSecret(code) }, tx, cancellationToken: ct));
}
