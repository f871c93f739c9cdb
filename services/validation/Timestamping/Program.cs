using Pechat.Hosting;
using Pechat.Hsm;
using Pechat.Persistence;
using Pechat.Pkcs11;
using Pechat.Timestamping;
using Pechat.Timestamping.Stamping;
using Pechat.Timestamping.Unit;

if (await Migrations.RunIfAskedAsync(args, "timestamping", typeof(Program).Assembly))
    return;

var builder = WebApplication.CreateBuilder(args);
builder.AddDefaults("timestamping");
builder.Services.AddValidatedOptions<TimestampingOptions>("Timestamping");
builder.AddHsm();
if (args is [InitialiseUnit.Verb])
{
    builder.Services.AddValidatedOptions<DatabaseOptions>("Database"); // present in the file, not needed by this verb
    await using WebApplication tools = builder.Build();
    await InitialiseUnit.RunAsync(tools.Services, CancellationToken.None);
    return;
}
builder.AddDatabase("Timestamping");
builder.Services.AddSingleton<ClockGuard>();
builder.Services.AddSingleton<Stamp>();
builder.Services.AddSingleton(services => TimestampUnit.OpenAsync(
    services.GetRequiredService<TokenPool>(), services.GetRequiredService<TimestampingOptions>(), CancellationToken.None).GetAwaiter().GetResult());

var app = builder.Build();
app.MapDefaults();
_ = app.Services.GetRequiredService<TimestampUnit>(); // a start without key or certificate is refused
StampOverHttp.Map(app);
app.MapGrpcService<TimestampSignerService>();
await app.RunAsync();
