using Pechat.Hosting;
using Pechat.Persistence;
using Pechat.Validation;
using Pechat.Validation.Documents;
using Pechat.Validation.Material;

if (await Migrations.RunIfAskedAsync(args, "validation", typeof(Program).Assembly))
    return;

var builder = WebApplication.CreateBuilder(args);
builder.AddDefaults("validation");
builder.Services.AddValidatedOptions<ValidationOptions>("Validation");
builder.AddDatabase("Validation");
builder.Services.AddSingleton<TrustStore>();
builder.Services.AddSingleton<RevocationFetcher>();
builder.Services.AddSingleton<ValidationQueue>();

var app = builder.Build();
app.MapDefaults();
_ = app.Services.GetRequiredService<TrustStore>(); // a start with unreadable anchors is refused
var routes = app.MapGroup("/validation/v1").WithProblemDetails();
ValidateDocument.Map(routes);
await app.RunAsync();
