using Pechat.Hosting;
using Pechat.Hsm;
using Pechat.Persistence;
using Pechat.Pkcs11;
using Pechat.SignatureActivation;
using Pechat.SignatureActivation.Activation;
using Pechat.SignatureActivation.Audit;
using Pechat.SignatureActivation.Credentials;
using Pechat.SignatureActivation.Enrolment;
using Pechat.SignatureActivation.Keys;
using Pechat.SignatureActivation.Log;

if (await Migrations.RunIfAskedAsync(args, "signature-activation", typeof(Program).Assembly) || await InitialiseModule.RunIfAskedAsync(args)
    || await RollOverKek.RunIfAskedAsync(args))
    return;

var builder = WebApplication.CreateBuilder(args);
builder.AddDefaults("signature-activation");
builder.Services.AddValidatedOptions<SignatureActivationOptions>("SignatureActivation");
builder.AddHsm();
builder.AddDatabase("SignatureActivation");
builder.Services.AddSingleton(services => new ModuleCryptography(services.GetRequiredService<TokenPool>(),
    ModuleKeys.LoadAsync(services.GetRequiredService<TokenPool>(), CancellationToken.None).GetAwaiter().GetResult()));
builder.Services.AddSingleton(services => new TrustedVerifiers(services.GetRequiredService<SignatureActivationOptions>()));
builder.Services.AddSingleton<AuditTrail>();
builder.Services.AddSingleton<UserKeys>();
builder.Services.AddSingleton<SpareKeys>();
builder.Services.AddSingleton<WrongPins>();
builder.Services.AddSingleton<PinGuard>();
builder.Services.AddSingleton<LiveActivations>();
builder.Services.AddSingleton<SigningRounds>();
builder.AddBackground<EvictDestroyedKeys>();
builder.AddBackground<RewrapKeys>();
builder.AddBackground<RefillSpareKeys>();
builder.Services.AddSingleton<SeenCheckpoint>();
builder.AddBackground<LogSequencer>();

var app = builder.Build();
app.MapDefaults();
_ = app.Services.GetRequiredService<ModuleCryptography>(); // a start without keys or trusted verifiers is refused
_ = app.Services.GetRequiredService<TrustedVerifiers>();
app.MapGrpcService<ActivationModuleService>();
app.MapGrpcService<SignatureLogService>();
await app.RunAsync();
