using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Persistence;

namespace Pechat.Identity.OAuth;

/// <summary>
/// Exchanges a refresh token for an access token and the next refresh token (RFC 6749 §6). One that comes again was stolen, by whoever came
/// first or second, so its whole session ends (RFC 9700 §4.14.2).
/// </summary>
internal sealed class RefreshTokenGrant(NpgsqlDataSource db, ClientSessions sessions, AccessTokenIssuer tokens, IdentityOptions options, TimeProvider clock)
{
    private sealed record Row(Guid Id, Guid CustomerId, string ClientId, string Scope, DateTime? RevokedAt, DateTime ExpiresAt, DateTime? UsedAt, bool CustomerActive);

    internal async Task<Token.Response> IssueAsync(ClientOptions client, IFormCollection form, CancellationToken ct)
    {
        string token = OAuthForm.Single(form, "refresh_token") ?? OAuthForm.Single(form, "refreshToken") // the CSC API's own samples
            ?? throw FaultException.Invalid("invalid_request", "Missing parameter refresh_token");
        return await IssueAsync(client, token, OAuthForm.Single(form, "scope"), renew: true, ct);
    }

    /// <param name="client">Whose token it must be.</param>
    /// <param name="token">The refresh token.</param>
    /// <param name="scope">Part of the session's scope that is enough this time; null for all of it.</param>
    /// <param name="renew">Whether the token is used up and replaced.</param>
    /// <param name="ct">Ends the work.</param>
    internal async Task<Token.Response> IssueAsync(ClientOptions client, string token, string? scope, bool renew, CancellationToken ct)
    {
        (Row? row, string? next, FaultException? refusal) = await db.InTransactionAsync<(Row?, string?, FaultException?)>(async tx =>
        {
            Row? found = await FindAsync(tx, token, ct);
            if (found is null || found.ClientId != client.Id || found.RevokedAt is not null || !found.CustomerActive)
                return (null, null, Invalid("Invalid parameter refresh_token"));
            if (found.UsedAt is not null)
            {
                await sessions.RevokeAsync(tx, found.Id, ct);
                return (null, null, Invalid("Invalid parameter refresh_token"));
            }
            if (found.ExpiresAt <= clock.GetUtcNow().UtcDateTime)
                return (null, null, Invalid("Refresh token expired"));
            if (scope?.Split(' ').Except(found.Scope.Split(' '), StringComparer.Ordinal).Any() == true)
                return (null, null, FaultException.Invalid("invalid_scope", "the scope is wider than what was granted"));
            if (renew)
                await tx.Connection!.ExecuteAsync(new CommandDefinition("update refresh_token set used_at = @now where token_hash = @hash",
                    new { now = clock.GetUtcNow(), hash = Authorize.HashSecret(token) }, tx, cancellationToken: ct));
            return (found, await sessions.ContinueAsync(tx, found.Id, options.AccessTokenLifetime, renew, ct), null);
        }, ct);
        if (refusal is not null)
            throw refusal; // outside the transaction, which may have ended a session
        string granted = scope ?? row!.Scope;
        string access = tokens.Issue(row!.CustomerId.ToString(), client.Id, granted, options.AccessTokenLifetime, session: row.Id);
        return new(access, "Bearer", (int)options.AccessTokenLifetime.TotalSeconds, granted) { RefreshToken = next };
    }

    private static FaultException Invalid(string description) => FaultException.Invalid("invalid_grant", description);

    /// <summary>Locks token and session, so that two who come at once are first and second.</summary>
    private static async Task<Row?> FindAsync(NpgsqlTransaction tx, string token, CancellationToken ct) =>
        await tx.Connection!.QuerySingleOrDefaultAsync<Row>(new CommandDefinition("""
            select s.id, s.customer_id, s.client_id, s.scope, s.revoked_at, r.expires_at, r.used_at, c.state = 'Active' as customer_active
            from refresh_token r join session s on s.id = r.session_id join customer c on c.id = s.customer_id
            where r.token_hash = @hash for update of r, s
            """, new { hash = Authorize.HashSecret(token) }, tx, cancellationToken: ct));
}
