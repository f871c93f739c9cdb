using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;
using Pechat.Hosting;
using Pechat.Identity.Registration;
using Pechat.Persistence;

namespace Pechat.Identity.OAuth;

/// <summary>
/// The authorization endpoint: a page asks for e-mail or telephone, then waits for the phone. Nothing on it, nor the time it
/// takes, tells whether anybody is known by what was typed.
/// </summary>
internal static class Authorize
{
    internal const int MaxLoginsPerIdentifier = 5;
    internal const int MaxLoginsPerPlace = 100;
    internal static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/oauth2/authorize", Show);
        routes.MapPost("/oauth2/authorize", Start);
    }

    internal static IResult Show(HttpContext context, OAuthClients clients, TokenOptions tokens)
    {
        PageText text = PageText.For(context);
        var (request, error) = AuthorizationRequest.Judge(context.Request.Query, clients, tokens.Issuer, text.Language);
        return request is not null ? LoginPage.Form(text, request.Client, context.Request.QueryString, null)
            : error is not null ? Results.Redirect(error)
            : LoginPage.Refused(text);
    }

    internal static async Task<IResult> Start(
        HttpContext context, NpgsqlDataSource db, OAuthClients clients, TokenOptions tokens, IdentityOptions options, SigningKeys keys, TimeProvider clock, CancellationToken ct)
    {
        PageText text = PageText.For(context);
        var (request, error) = AuthorizationRequest.Judge(context.Request.Query, clients, tokens.Issuer, text.Language);
        if (request is null)
            return error is not null ? Results.Redirect(error) : LoginPage.Refused(text);
        // Another site may not start logins with its visitors' browsers.
        if (context.Request.Headers["Sec-Fetch-Site"].ToString() is not ("" or "same-origin" or "none") || !context.Request.HasFormContentType)
            return LoginPage.Refused(text);
        string typed = (await context.Request.ReadFormAsync(ct))["identifier"].ToString().Trim();
        string? email = EmailAddress.TryParse(typed)?.Key, phone = PhoneNumber.TryParse(typed)?.Value;
        if (email is null && phone is null)
            return LoginPage.Form(text, request.Client, context.Request.QueryString, text.Unreadable);

        DateTimeOffset now = clock.GetUtcNow();
        var id = Guid.NewGuid();
        string browser = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        bool started = await db.InTransactionAsync(tx => AddAsync(tx, new
        {
            id,
            browserHash = HashSecret(browser),
            identifier = HMACSHA256.HashData(keys.Derive("pechat login identifiers"), Encoding.UTF8.GetBytes(email ?? phone!)),
            email,
            phone,
            client = request.Client.Id,
            redirect = request.RedirectUri,
            scope = request.Scope,
            state = request.State,
            challenge = request.CodeChallenge,
            nonce = request.Nonce,
            language = text.Language,
            place = Visitor.Place(context),
            agent = Visitor.Browser(context),
            now,
            expires = now + options.LoginLifetime,
            window = now - Window,
        }, ct), ct);
        if (!started)
            return LoginPage.Form(text, request.Client, context.Request.QueryString, text.TooMany, StatusCodes.Status429TooManyRequests);
        context.Response.Cookies.Append(CookieName(id), browser, new()
        {
            HttpOnly = true, Secure = true, SameSite = SameSiteMode.Lax, Path = "/", MaxAge = options.LoginLifetime + WaitForLogin.Grace,
        });
        return Results.Redirect($"/oauth2/login/{id}"); // 302 after POST: the browser follows with GET
    }

    /// <summary>The cookie that ties a login to the browser that started it.</summary>
    internal static string CookieName(Guid login) => $"__Host-login-{login:N}";

    /// <summary>What the database keeps of a random secret.</summary>
    internal static byte[] HashSecret(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    private static async Task<bool> AddAsync(NpgsqlTransaction tx, object login, CancellationToken ct)
    {
        await tx.Connection!.ExecuteAsync(new CommandDefinition(
            "select pg_advisory_xact_lock(hashtextextended(encode(@identifier, 'hex'), 3))", login, tx, cancellationToken: ct)); // else many at once would all be the fifth
        var (byIdentifier, byPlace) = await tx.Connection!.QuerySingleAsync<(long, long)>(new CommandDefinition("""
            select (select count(*) from login where identifier = @identifier and requested_at > @window),
                   (select count(*) from login where place = @place and requested_at > @window)
            """, login, tx, cancellationToken: ct));
        if (byIdentifier >= MaxLoginsPerIdentifier || byPlace >= MaxLoginsPerPlace)
            return false; // counted by what was typed, known or not
        await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            insert into login (id, browser_hash, identifier, customer_id, client_id, redirect_uri, scope, client_state, code_challenge, nonce,
                language, place, browser, state, requested_at, expires_at)
            values (@id, @browserHash, @identifier,
                (select id from customer where (email_key = @email or phone = @phone) and state = 'Active'),
                @client, @redirect, @scope, @state, @challenge, @nonce, @language, @place, @agent, 'Pending', @now, @expires)
            """, login, tx, cancellationToken: ct));
        return true;
    }
}
