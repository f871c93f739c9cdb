using Microsoft.AspNetCore.HttpOverrides;
using Pechat.Hosting;
using Pechat.Persistence;
using Pechat.Portal;
using Pechat.Portal.Account;
using Pechat.Portal.Sessions;

if (await Migrations.RunIfAskedAsync(args, "portal", typeof(Program).Assembly))
    return;

var builder = WebApplication.CreateBuilder(args);
builder.AddDefaults("portal");
builder.Services.AddValidatedOptions<PortalOptions>("Portal");
builder.AddDatabase("Portal");
builder.AddLogin();
foreach (string service in new[] { "signing", "billing", "documents" })
    builder.AddPeerHttp(service);
builder.Services.AddSingleton<Texts>();
builder.Services.AddSingleton<CustomerClient>();
builder.Services.AddRazorPages();
builder.Services.AddAntiforgery(forms =>
{
    forms.Cookie.Name = "__Host-form";
    forms.Cookie.Path = "/";
    forms.Cookie.SecurePolicy = CookieSecurePolicy.Always;
});

var app = builder.Build();
app.MapDefaults();
// Only the gateway can connect (mutual TLS), so what it says about the outside is true.
app.UseForwardedHeaders(new ForwardedHeadersOptions
{
    ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedHost | ForwardedHeaders.XForwardedProto, KnownIPNetworks = { }, KnownProxies = { },
});
app.Use((context, next) =>
{
    context.Response.Headers.ContentSecurityPolicy =
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    context.Response.Headers["Referrer-Policy"] = "same-origin";
    return next(context);
});
app.UseStatusCodePagesWithReExecute("/not-found");
app.UseStaticFiles();
app.UseRouting();
app.UseLanguages();
app.UseAuthentication();
app.UseAuthorization();
app.MapLogin();
app.MapLanguages();
app.MapRazorPages();
await app.RunAsync();
