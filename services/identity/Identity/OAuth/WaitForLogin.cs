using System.Buffers.Text;
using System.Security.Cryptography;
using Dapper;
using Npgsql;
using Pechat.Hosting;
using Pechat.Identity.Logins;
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

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/oauth2/login/{id:guid}", Show);
        routes.MapGet("/oauth2/login/{id:guid}/status", Poll);
    }

    internal static async Task<IResult> Poll(Guid id, HttpContext context, NpgsqlDataSource db, SigningConsent consent, TimeProvider clock, CancellationToken ct)
    {
        LoginRow? row = await db.InTransactionAsync(tx => LoginRow.ReadAsync(tx, id, context, ct), ct);
        context.Response.Headers.CacheControl = "no-store";
        bool waits = row is not null && (context.Request.Query["step"] == "consent" ? await consent.WaitsAsync(row, ct) : Waits(row, clock.GetUtcNow()));
        return Results.Json(new Status(waits ? "pending" : "done"));
    }

    internal static async Task<IResult> Show(
        Guid id, HttpContext context, NpgsqlDataSource db, OAuthClients clients, SigningConsent consent, TokenOptions tokens, TimeProvider clock, CancellationToken ct)
    {
        DateTimeOffset now = clock.GetUtcNow();
        bool cancel = context.Request.Query["cancel"] == "1";
        context.Response.Headers.CacheControl = "no-store";
        (LoginRow? row, string? code) = await db.InTransactionAsync<(LoginRow?, string?)>(async tx =>
        {
            LoginRow? found = await LoginRow.ReadAsync(tx, id, context, ct);
            bool confirmed = found is { State: "Confirmed", CustomerId: not null };
            if (confirmed && found!.AccountCustomerId is { } account && account != found.CustomerId)
                return (await LoginRow.EndAsync(tx, found, "Cancelled", now, ct), null); // not whom the client's account token names
            if (confirmed && found!.Credential is null && found.DecidedAt + Grace > now.UtcDateTime)
                return (found, await GrantAsync(tx, found, null, now, ct));
            if (cancel && found is { State: "Pending" })
                return (await LoginRow.EndAsync(tx, found, "Cancelled", now, ct), null);
            return (found, null);
        }, ct);
        if (row is null || clients.Find(row.ClientId) is not { } client)
            return LoginPage.Refused(PageText.For(context));
        PageText text = PageText.Of(row.Language);
        if (code is not null)
            return Results.Redirect(AuthorizationRequest.Redirect(row.RedirectUri, tokens.Issuer, row.ClientState, ("code", code)));
        if (row is { State: "Confirmed", Credential: not null } && row.DecidedAt + SigningConsent.Window > now.UtcDateTime)
            return await consent.ContinueAsync(row, client, text, cancel, ct);
        string denied = AuthorizationRequest.Redirect(row.RedirectUri, tokens.Issuer, row.ClientState, ("error", "access_denied"));
        if (row.State is "Declined" or "Cancelled")
            return Results.Redirect(denied);
        return Waits(row, now) ? LoginPage.Waiting(text, client, id, await LoginNumber.OfAsync(db, id, ct)) : LoginPage.Ended(text, client, denied);
    }

    private static bool Waits(LoginRow row, DateTimeOffset now) => row.State == "Pending" && row.ExpiresAt > now.UtcDateTime;

    /// <summary>Ends a confirmed login with a code.</summary>
    /// <returns>The code; null when the login, or the pushed request behind it, has given one before.</returns>
    internal static async Task<string?> GrantAsync(NpgsqlTransaction tx, LoginRow row, (string Id, DateTimeOffset Until)? credential, DateTimeOffset now, CancellationToken ct)
    {
        bool first = await tx.Connection!.ExecuteAsync(new CommandDefinition(
            "update login set state = 'Completed' where id = @Id and state = 'Confirmed'", new { row.Id }, tx, cancellationToken: ct)) == 1;
        if (!first)
            return null;
        if (row.PushedRequest is { } pushed && !await PushedRequests.TryUseAsync(tx, pushed, now, ct))
        {
            await LoginRow.EndAsync(tx, row, "Cancelled", now, ct);
            return null;
        }
        string code = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            insert into authorization_code (code_hash, login_id, client_id, customer_id, redirect_uri, scope, code_challenge, nonce, authenticated_at, expires_at,
                credential_id, credential_until)
            values (@hash, @Id, @ClientId, @CustomerId, @RedirectUri, @Scope, @CodeChallenge, @Nonce, @DecidedAt, @expires, @credentialId, @until)
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
            credentialId = credential?.Id,
            until = credential?.Until,
        }, tx, cancellationToken: ct));
        return code;
    }
}
