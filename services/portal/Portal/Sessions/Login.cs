using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OAuth;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.IdentityModel.JsonWebTokens;
using Pechat.Hosting;
using Pechat.Portal.Account;

namespace Pechat.Portal.Sessions;

/// <summary>Login by authorization code and PKCE at Identity, which the customer confirms on the phone (R-121); the session is a protected cookie.</summary>
internal static partial class Login
{
    internal const string Scheme = "pechat";
    private static readonly string[] Scopes = ["portal", "service"];

    internal static void AddLogin(this WebApplicationBuilder builder)
    {
        builder.AddPeerHttp("identity");
        builder.Services.AddSingleton<KeyRing>();
        builder.Services.AddDataProtection().SetApplicationName("pechat-portal");
        builder.Services.AddOptions<KeyManagementOptions>().Configure<KeyRing>((keys, ring) => keys.XmlRepository = ring);
        builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme)
            .AddCookie()
            .AddOAuth(Scheme, _ => { });
        builder.Services.AddOptions<CookieAuthenticationOptions>(CookieAuthenticationDefaults.AuthenticationScheme).Configure<PortalOptions>(Cookie);
        builder.Services.AddOptions<OAuthOptions>(Scheme).Configure<PortalOptions, HostingOptions, IHttpClientFactory, IConfiguration>(OAuth);
        builder.Services.AddAuthorization();
    }

    internal static void MapLogin(this WebApplication app)
    {
        app.MapGet("/login", () => Results.Challenge(new AuthenticationProperties { RedirectUri = "/account" }, [Scheme]));
        // A form posts here; the cookie is SameSite=Lax, so another site cannot end the session.
        app.MapPost("/logout", LogOutAsync);
    }

    /// <summary>Ends the session here and, as far as Identity answers, the tokens that it holds.</summary>
    private static async Task<IResult> LogOutAsync(HttpContext context, CustomerClient customer, ILogger<Program> logger, CancellationToken ct)
    {
        if (await context.GetTokenAsync("access_token") is { } token && Guid.TryParse(context.User.FindFirstValue("sid"), out Guid session))
        {
            try
            {
                await customer.EndSessionAsync(session, token, ct);
            }
            catch (HttpRequestException e)
            {
                TokenLives(logger, e); // nobody holds it any more, and it ends with its lifetime
            }
        }
        return Results.SignOut(new AuthenticationProperties { RedirectUri = "/" }, [CookieAuthenticationDefaults.AuthenticationScheme]);
    }

    [LoggerMessage(12002, LogLevel.Warning, "The session could not be ended at Identity")]
    private static partial void TokenLives(ILogger logger, Exception exception);

    private static void Cookie(CookieAuthenticationOptions cookie, PortalOptions options)
    {
        cookie.Cookie.Name = "__Host-pechat";
        cookie.Cookie.Path = "/";
        cookie.Cookie.HttpOnly = true;
        cookie.Cookie.SameSite = SameSiteMode.Lax;
        cookie.Cookie.SecurePolicy = CookieSecurePolicy.Always;
        cookie.ExpireTimeSpan = options.SessionLifetime;
        cookie.SlidingExpiration = false; // the access token inside does not live longer
        cookie.LoginPath = "/login";
    }

    private static void OAuth(OAuthOptions oauth, PortalOptions options, HostingOptions hosting, IHttpClientFactory clients, IConfiguration configuration)
    {
        oauth.SignInScheme = CookieAuthenticationDefaults.AuthenticationScheme;
        oauth.ClientId = options.ClientId;
        oauth.ClientSecret = File.ReadAllText(options.ClientSecretFile).Trim();
        oauth.AuthorizationEndpoint = $"{hosting.PublicBase}/oauth2/authorize";
        oauth.TokenEndpoint = $"{configuration["Peers:identity"]}/oauth2/token"; // inside the house, over mutual TLS
        oauth.CallbackPath = "/login/callback";
        oauth.Backchannel = clients.CreateClient("identity");
        oauth.UsePkce = true;
        oauth.SaveTokens = true;
        oauth.CorrelationCookie.SecurePolicy = CookieSecurePolicy.Always;
        foreach (string scope in Scopes)
            oauth.Scope.Add(scope);
        oauth.Events.OnCreatingTicket = context =>
        {
            // The token came from Identity over a connection that names it, so its content is known to be Identity's.
            var token = new JsonWebToken(context.AccessToken);
            context.Identity!.AddClaim(new Claim("sub", token.Subject));
            if (token.TryGetPayloadValue("sid", out string session))
                context.Identity.AddClaim(new Claim("sid", session));
            return Task.CompletedTask;
        };
        oauth.Events.OnRemoteFailure = context =>
        {
            context.Response.Redirect("/?login=failed");
            context.HandleResponse();
            return Task.CompletedTask;
        };
    }
}
