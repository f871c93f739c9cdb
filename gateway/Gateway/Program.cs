using Pechat.Gateway;
using Pechat.Hosting;

var builder = WebApplication.CreateBuilder(args);
builder.AddDefaults("gateway");
builder.Services.AddValidatedOptions<GatewayOptions>("Gateway");
builder.WebHost.ConfigureKestrel(Doorway.Configure);
builder.Services.AddSingleton<MatcherPolicy, DoorPolicy>();
builder.AddRateLimits();
builder.AddProxyRoutes();

var app = builder.Build();
app.MapDefaults();
app.UseRouting();
app.Use((context, next) =>
{
    if (context.Request.IsHttps)
        context.Response.Headers.StrictTransportSecurity = "max-age=31536000";
    context.Response.Headers.XContentTypeOptions = "nosniff";
    return next(context);
});
app.UseRateLimiter();
app.Use(Refusals.Guard);
app.MapReverseProxy();
await app.RunAsync();
