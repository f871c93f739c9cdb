using Pechat.Hosting;
using Pechat.Hsm;
using Pechat.Persistence;
using Pechat.Pkcs11;
using Pechat.Timestamping;
using Pechat.Timestamping.Stamping;
using Pechat.Timestamping.Unit;

if (await Migrations.RunIfAskedAsync(args, "timestamping", typeof(Program).Assembly) || await InitialiseUnit.RunIfAskedAsync(args))
    return;

var builder = WebApplication.CreateBuilder(args);
builder.AddDefaults("timestamping");
builder.Services.AddValidatedOptions<TimestampingOptions>("Timestamping");
builder.AddHsm();
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
