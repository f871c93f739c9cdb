using Pechat.Authenticator;
using Pechat.Hosting;

var builder = WebApplication.CreateBuilder(args);
builder.AddDefaults("authenticator");

var app = builder.Build();
app.MapDefaults();
WebApp.Map(app);
await app.RunAsync();
