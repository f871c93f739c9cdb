using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Persistence;

namespace Pechat.Identity.OAuth;

/// <summary>A live token of ours, whatever its kind.</summary>
/// <param name="Access">Claims of an access token; null for a refresh token.</param>
/// <param name="Session">Its session; null for tokens outside a session.</param>
/// <param name="Subject">Customer or client.</param>
/// <param name="Client">The client_id.</param>
/// <param name="Scope">Space separated.</param>
/// <param name="ExpiresAt">Its end.</param>
internal sealed record LiveToken(ClaimsPrincipal? Access, Guid? Session, string Subject, string Client, string Scope, DateTimeOffset ExpiresAt);

/// <summary>Finds out what a token is, for revocation and introspection, and revokes it.</summary>
internal sealed class TokenLookup(NpgsqlDataSource db, AccessTokens accessTokens, ClientSessions sessions, ICredentialAuthorization signing, TimeProvider clock)
{
    private sealed record Row(Guid Id, Guid CustomerId, string ClientId, string Scope, DateTime ExpiresAt);

    /// <summary>The token, or null when it is none of ours, expired, used or revoked.</summary>
    internal async Task<LiveToken?> FindAsync(string token, CancellationToken ct)
    {
        if (token.Contains('.', StringComparison.Ordinal)) // a JWT; refresh tokens are base64url
            return await FindAccessTokenAsync(token, ct);
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        Row? row = await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition("""
            select s.id, s.customer_id, s.client_id, s.scope, r.expires_at from refresh_token r join session s on s.id = r.session_id
            where r.token_hash = @hash and r.used_at is null and r.expires_at > @now and s.revoked_at is null
            """, new { hash = Authorize.HashSecret(token), now = clock.GetUtcNow() }, cancellationToken: ct));
        return row is null ? null : new(null, row.Id, row.CustomerId.ToString(), row.ClientId, row.Scope, row.ExpiresAt);
    }

    /// <summary>
    /// Ends a token: a refresh token with its whole session, an access token alone (CSC API §5.3). Returns when no service accepts it any more.
    /// </summary>
    internal async Task RevokeAsync(LiveToken token, CancellationToken ct)
    {
        // Before the token is dead here, so that whoever is told to try again can: what the phone authorised ends at its source.
        if (Guid.TryParse(token.Access?.FindFirstValue("transaction"), out Guid transaction))
            await signing.CloseAsync(transaction, ct);
        await db.InTransactionAsync(async tx =>
        {
            if (token.Access is null)
                return await sessions.RevokeAsync(tx, token.Session!.Value, ct);
            await OwnRevocations.AddAsync(tx, Guid.Parse(token.Access.FindFirstValue("jti")!), token.ExpiresAt, clock.GetUtcNow(), ct);
            return true;
        }, ct);
        await UntilKnownAsync(ct);
    }

    /// <summary>Waits until every service has read the list of revocations again.</summary>
    internal Task UntilKnownAsync(CancellationToken ct) => Task.Delay(TokenRevocations.MaxAge, clock, ct);

    private async Task<LiveToken?> FindAccessTokenAsync(string token, CancellationToken ct)
    {
        ClaimsPrincipal user;
        try
        {
            user = await accessTokens.ValidateAsync(token, "invalid_token", ct);
        }
        catch (FaultException fault) when (fault.Kind == FaultKind.Unauthenticated)
        {
            return null; // forged, expired or revoked: all the same here
        }
        Guid? session = Guid.TryParse(user.FindFirstValue("sid"), out Guid sid) ? sid : null;
        long expires = long.Parse(user.FindFirstValue("exp")!, System.Globalization.CultureInfo.InvariantCulture);
        return new(user, session, user.FindFirstValue("sub")!, user.ClientId(), user.FindFirstValue("scope") ?? "", DateTimeOffset.FromUnixTimeSeconds(expires));
    }
}
