using System.Buffers.Text;
using System.Security.Cryptography;
using Dapper;
using Npgsql;
using Pechat.Hosting;
using Pechat.Persistence;

namespace Pechat.Identity.OAuth;

/// <summary>The page that waits for the phone, its polling, and the redirect that ends it. All belong to the browser that started the login.</summary>
internal static class WaitForLogin
{
    /// <summary>How long a confirmed login may take to be picked up by its browser.</summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    /// <summary>How long a code is valid (CSC profile D-19).</summary>
    internal static readonly TimeSpan CodeLifetime = TimeSpan.FromSeconds(60);

    internal sealed record Status(string State);

    private sealed record Row(
        Guid Id, Guid? CustomerId, string ClientId, string RedirectUri, string Scope, string? ClientState, string CodeChallenge, string? Nonce,
        string Language, string State, DateTime ExpiresAt, DateTime? DecidedAt);

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/oauth2/login/{id:guid}", Show);
        routes.MapGet("/oauth2/login/{id:guid}/status", Poll);
    }

    internal static async Task<IResult> Poll(Guid id, HttpContext context, NpgsqlDataSource db, TimeProvider clock, CancellationToken ct)
    {
        Row? row = await db.InTransactionAsync(tx => ReadAsync(tx, id, context, ct), ct);
        context.Response.Headers.CacheControl = "no-store";
        return Results.Json(new Status(row is not null && Waits(row, clock.GetUtcNow()) ? "pending" : "done"));
    }

    internal static async Task<IResult> Show(
        Guid id, HttpContext context, NpgsqlDataSource db, OAuthClients clients, TokenOptions tokens, TimeProvider clock, CancellationToken ct)
    {
        DateTimeOffset now = clock.GetUtcNow();
        bool cancel = context.Request.Query["cancel"] == "1";
        string code = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        (Row? row, bool granted) = await db.InTransactionAsync(async tx =>
        {
            Row? found = await ReadAsync(tx, id, context, ct);
            if (found is { State: "Confirmed", CustomerId: not null } && found.DecidedAt + Grace > now.UtcDateTime)
                return (found, await GrantAsync(tx, found, code, now, ct));
            if (cancel && found is { State: "Pending" })
                await tx.Connection!.ExecuteAsync(new CommandDefinition("update login set state = 'Cancelled', decided_at = @now where id = @id", new { id, now }, tx, cancellationToken: ct));
            return (found, false);
        }, ct);
        if (row is null || clients.Find(row.ClientId) is not { } client)
            return LoginPage.Refused(PageText.For(context));
        PageText text = PageText.Of(row.Language);
        context.Response.Headers.CacheControl = "no-store";
        if (granted)
            return Results.Redirect(AuthorizationRequest.Redirect(row.RedirectUri, tokens.Issuer, row.ClientState, ("code", code)));
        string denied = AuthorizationRequest.Redirect(row.RedirectUri, tokens.Issuer, row.ClientState, ("error", "access_denied"));
        if (row.State is "Declined" or "Cancelled" || (cancel && row.State == "Pending"))
            return Results.Redirect(denied);
        return Waits(row, now) ? LoginPage.Waiting(text, client, id) : LoginPage.Ended(text, client, denied);
    }

    private static bool Waits(Row row, DateTimeOffset now) => row.State == "Pending" && row.ExpiresAt > now.UtcDateTime;

    private static async Task<Row?> ReadAsync(NpgsqlTransaction tx, Guid id, HttpContext context, CancellationToken ct) =>
        await tx.Connection!.QuerySingleOrDefaultAsync<Row>(new CommandDefinition("""
            select id, customer_id, client_id, redirect_uri, scope, client_state, code_challenge, nonce, language, state, expires_at, decided_at
            from login where id = @id and browser_hash = @browser for update
            """, new { id, browser = Authorize.HashSecret(context.Request.Cookies[Authorize.CookieName(id)] ?? "") }, tx, cancellationToken: ct));

    private static async Task<bool> GrantAsync(NpgsqlTransaction tx, Row row, string code, DateTimeOffset now, CancellationToken ct)
    {
        await tx.Connection!.ExecuteAsync(new CommandDefinition("update login set state = 'Completed' where id = @Id", row, tx, cancellationToken: ct));
        await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            insert into authorization_code (code_hash, login_id, client_id, customer_id, redirect_uri, scope, code_challenge, nonce, authenticated_at, expires_at)
            values (@hash, @Id, @ClientId, @CustomerId, @RedirectUri, @Scope, @CodeChallenge, @Nonce, @DecidedAt, @expires)
            """, new
        {
            hash = Authorize.HashSecret(code),
            row.Id,
            row.ClientId,
            row.CustomerId,
            row.RedirectUri,
            row.Scope,
            row.CodeChallenge,
            row.Nonce,
            row.DecidedAt,
            expires = now + CodeLifetime,
        }, tx, cancellationToken: ct));
        return true;
    }
}
