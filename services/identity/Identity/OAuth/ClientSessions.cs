using System.Buffers.Text;
using System.Security.Cryptography;
using Dapper;
using Npgsql;

namespace Pechat.Identity.OAuth;

/// <summary>
/// Sessions: what one confirmed login gave to one client. A session is named like its login, its access tokens carry the name as
/// <c>sid</c>, and its refresh tokens form one family.
/// </summary>
internal sealed class ClientSessions(IdentityOptions options, TimeProvider clock)
{
    /// <summary>Begins the session of a confirmed login.</summary>
    /// <returns>Its first refresh token, if it gets any.</returns>
    internal async Task<string?> BeginAsync(NpgsqlTransaction tx, Guid login, string scope, TimeSpan access, bool refreshable, CancellationToken ct)
    {
        DateTimeOffset now = clock.GetUtcNow();
        await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            insert into session (id, customer_id, client_id, scope, place, browser, authenticated_at, started_at, last_used_at, access_until)
            select id, customer_id, client_id, @scope, place, browser, decided_at, @now, @now, @until from login where id = @login
            """, new { login, scope, now, until = now + access }, tx, cancellationToken: ct));
        return refreshable ? await AddRefreshTokenAsync(tx, login, now, ct) : null;
    }

    /// <summary>Notes that a session has given out another access token.</summary>
    /// <returns>Its next refresh token, if it renews it.</returns>
    internal async Task<string?> ContinueAsync(NpgsqlTransaction tx, Guid session, TimeSpan access, bool renew, CancellationToken ct)
    {
        DateTimeOffset now = clock.GetUtcNow();
        await tx.Connection!.ExecuteAsync(new CommandDefinition(
            "update session set last_used_at = @now, access_until = greatest(access_until, @until) where id = @session",
            new { session, now, until = now + access }, tx, cancellationToken: ct));
        return renew ? await AddRefreshTokenAsync(tx, session, now, ct) : null;
    }

    /// <summary>Ends a session with all its tokens; one that has ended stays as it is.</summary>
    /// <returns>Whether it was alive.</returns>
    internal async Task<bool> RevokeAsync(NpgsqlTransaction tx, Guid session, CancellationToken ct)
    {
        DateTimeOffset now = clock.GetUtcNow();
        DateTime? accessUntil = await tx.Connection!.QuerySingleOrDefaultAsync<DateTime?>(new CommandDefinition(
            "update session set revoked_at = @now where id = @session and revoked_at is null returning access_until", new { session, now }, tx, cancellationToken: ct));
        if (accessUntil is null)
            return false;
        await OwnRevocations.AddAsync(tx, session, accessUntil.Value, now, ct);
        return true;
    }

    /// <summary>Ends all sessions of a customer, such as when the profile is locked or closed.</summary>
    internal static async Task RevokeAllAsync(NpgsqlTransaction tx, Guid customer, DateTimeOffset now, CancellationToken ct) =>
        await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            with ended as (update session set revoked_at = @now where customer_id = @customer and revoked_at is null returning id, access_until)
            insert into token_revocation (id, revoked_at, expires_at) select id, @now, access_until from ended on conflict (id) do nothing
            """, new { customer, now }, tx, cancellationToken: ct));

    private async Task<string> AddRefreshTokenAsync(NpgsqlTransaction tx, Guid session, DateTimeOffset now, CancellationToken ct)
    {
        string token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        DateTimeOffset expires = now + options.RefreshTokenLifetime;
        await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            delete from refresh_token where token_hash in (select token_hash from refresh_token where expires_at < @now limit 20 for update skip locked);
            insert into refresh_token (token_hash, session_id, expires_at) values (@hash, @session, @expires);
            update session set refresh_until = @expires where id = @session;
            """, new { hash = Authorize.HashSecret(token), session, now, expires }, tx, cancellationToken: ct));
        return token;
    }
}
