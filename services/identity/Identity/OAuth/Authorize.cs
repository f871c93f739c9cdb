using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Primitives;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Identity.Logins;
using Pechat.Identity.Registration;
using Pechat.Persistence;

namespace Pechat.Identity.OAuth;

/// <summary>
/// The authorization endpoint: a page asks for e-mail or telephone, then waits for the phone. Nothing on it, nor the time it
/// takes, tells whether anybody is known by what was typed.
/// </summary>
internal static class Authorize
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        foreach (string path in OAuthBases.Paths("/oauth2/authorize"))
        {
            routes.MapGet(path, Show);
            routes.MapPost(path, Start);
        }
    }

    internal static async Task<IResult> Show(
        HttpContext context, OAuthClients clients, PushedRequests pushed, AccountTokens accounts, TokenOptions tokens, CancellationToken ct)
    {
        Asked asked = await ReadAsync(context, clients, pushed, ct);
        if (asked.Request is null)
            return Refuse(asked, tokens);
        try
        {
            await accounts.CustomerOfAsync(asked.Request, ct);
        }
        catch (FaultException fault) when (fault.Kind == FaultKind.Invalid)
        {
            return Refuse(asked with { Refusal = new(asked.Request.RedirectUri, asked.Request.State, fault.Code, fault.Message) }, tokens);
        }
        return LoginPage.Form(asked.Text, asked.Request.Client, Action(context), null);
    }

    internal static async Task<IResult> Start(
        HttpContext context, NpgsqlDataSource db, OAuthClients clients, PushedRequests pushed, AccountTokens accounts, TokenOptions tokens, IdentityOptions options, SigningKeys keys,
        TimeProvider clock, CancellationToken ct)
    {
        Asked asked = await ReadAsync(context, clients, pushed, ct);
        if (asked.Request is not { } request)
            return Refuse(asked, tokens);
        // Another site may not start logins with its visitors' browsers.
        if (context.Request.Headers["Sec-Fetch-Site"].ToString() is not ("" or "same-origin" or "none") || !context.Request.HasFormContentType)
            return LoginPage.Refused(asked.Text);
        string typed = (await context.Request.ReadFormAsync(ct))["identifier"].ToString().Trim();
        string? email = EmailAddress.TryParse(typed)?.Key, phone = PhoneNumber.TryParse(typed)?.Value;
        if (email is null && phone is null)
            return LoginPage.Form(asked.Text, request.Client, Action(context), asked.Text.Unreadable);

        Guid? account;
        try
        {
            account = await accounts.CustomerOfAsync(request, ct);
            await accounts.UseAsync(request, ct);
        }
        catch (FaultException fault) when (fault.Kind == FaultKind.Invalid)
        {
            return Refuse(asked with { Refusal = new(request.RedirectUri, request.State, fault.Code, fault.Message) }, tokens);
        }
        DateTimeOffset now = clock.GetUtcNow();
        string browser = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var login = new NewLogin(Guid.NewGuid(), HashSecret(browser), Identifier(keys, email ?? phone!), email, phone, request.Client.Id, request.Scope,
            Visitor.Place(context), Visitor.Browser(context.Request.Headers.UserAgent.ToString()), now, now + options.LoginLifetime)
        {
            RedirectUri = request.RedirectUri,
            State = request.State,
            Challenge = request.CodeChallenge,
            Nonce = request.Nonce,
            V1 = OAuthBases.IsV1(context),
            Credential = request.Credential is null ? null : JsonSerializer.Serialize(request.Credential),
            Account = account,
            Pushed = asked.Pushed,
            Language = asked.Text.Language,
        };
        bool started = await db.InTransactionAsync(async tx => await login.TryAddAsync(tx, ct) && await LoginNumber.AssignAsync(tx, login.Id, ct), ct);
        if (!started)
            return LoginPage.Form(asked.Text, request.Client, Action(context), asked.Text.TooMany, StatusCodes.Status429TooManyRequests);
        context.Response.Cookies.Append(CookieName(login.Id), browser, new()
        {
            HttpOnly = true, Secure = true, SameSite = SameSiteMode.Lax, Path = "/",
            MaxAge = options.LoginLifetime + (request.Credential is null ? WaitForLogin.Grace : SigningConsent.Window),
        });
        return Results.Redirect($"/oauth2/login/{login.Id}"); // 302 after POST: the browser follows with GET
    }

    /// <summary>What is kept of what was typed: enough to count, not to read.</summary>
    internal static byte[] Identifier(SigningKeys keys, string contact) => HMACSHA256.HashData(keys.Derive("pechat login identifiers"), Encoding.UTF8.GetBytes(contact));

    /// <summary>The cookie that ties a login to the browser that started it.</summary>
    internal static string CookieName(Guid login) => $"__Host-login-{login:N}";

    /// <summary>What the database keeps of a random secret.</summary>
    internal static byte[] HashSecret(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    private sealed record Asked(AuthorizationRequest? Request, AuthorizationRequest.Refusal? Refusal, PageText Text, byte[]? Pushed);

    /// <summary>The request in the query, or the pushed one that it names; what stands beside a <c>request_uri</c> is not looked at (RFC 9126 §4).</summary>
    private static async Task<Asked> ReadAsync(HttpContext context, OAuthClients clients, PushedRequests pushed, CancellationToken ct)
    {
        IEnumerable<KeyValuePair<string, StringValues>>? parameters = context.Request.Query;
        byte[]? hash = null;
        if (context.Request.Query.TryGetValue("request_uri", out StringValues uri))
        {
            parameters = await pushed.OpenAsync(context.Request.Query["client_id"].ToString(), uri.ToString(), ct);
            hash = HashSecret(uri.ToString());
        }
        PageText text = PageText.For(context, parameters);
        if (parameters is null)
            return new(null, null, text, hash);
        (AuthorizationRequest? request, AuthorizationRequest.Refusal? refusal) = AuthorizationRequest.Judge(parameters, OAuthBases.IsV1(context), clients);
        return new(request, refusal, text, hash);
    }

    private static IResult Refuse(Asked asked, TokenOptions tokens) => asked.Refusal is { RedirectUri: { } redirect } refusal
        ? Results.Redirect(AuthorizationRequest.Redirect(redirect, tokens.Issuer, refusal.State, ("error", refusal.Error), ("error_description", refusal.Description)))
        : LoginPage.Refused(asked.Text);

    private static string Action(HttpContext context) => context.Request.Path + context.Request.QueryString.ToUriComponent();
}
