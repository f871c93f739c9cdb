using Dapper;
using Npgsql;

namespace Pechat.Identity.OAuth;

/// <summary>A login as its browser finds it.</summary>
internal sealed record LoginRow(
    Guid Id, Guid? CustomerId, string ClientId, string RedirectUri, string Scope, string? ClientState, string? CodeChallenge, string? Nonce,
    string Language, string State, DateTime ExpiresAt, DateTime? DecidedAt, string? Credential, Guid? AccountCustomerId, byte[]? PushedRequest)
{
    /// <summary>Locks the login; null unless the browser is the one that started it.</summary>
    internal static async Task<LoginRow?> ReadAsync(NpgsqlTransaction tx, Guid id, HttpContext context, CancellationToken ct) =>
        await tx.Connection!.QuerySingleOrDefaultAsync<LoginRow>(new CommandDefinition("""
            select id, customer_id, client_id, redirect_uri, scope, client_state, code_challenge, nonce, language, state, expires_at, decided_at,
                credential, account_customer_id, pushed_request
            from login where id = @id and browser_hash = @browser for update
            """, new { id, browser = Authorize.HashSecret(context.Request.Cookies[Authorize.CookieName(id)] ?? "") }, tx, cancellationToken: ct));

    /// <summary>Moves the login on to its last state.</summary>
    internal static async Task<LoginRow> EndAsync(NpgsqlTransaction tx, LoginRow row, string state, DateTimeOffset now, CancellationToken ct)
    {
        await tx.Connection!.ExecuteAsync(new CommandDefinition(
            "update login set state = @state, decided_at = coalesce(decided_at, @now) where id = @Id", new { row.Id, state, now }, tx, cancellationToken: ct));
        return row with { State = state };
    }
}
