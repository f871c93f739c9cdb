using Pechat.CertificateStatus;
using Pechat.CertificateStatus.Authorities;
using Pechat.CertificateStatus.Crl;
using Pechat.CertificateStatus.Ocsp;
using Pechat.CertificateStatus.Register;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Hosting;
using Pechat.Messaging;
using Pechat.Persistence;

if (await Migrations.RunIfAskedAsync(args, "certificate-status", typeof(Program).Assembly))
    return;

var builder = WebApplication.CreateBuilder(args);
builder.AddDefaults("certificate-status");
builder.Services.AddValidatedOptions<CertificateStatusOptions>("CertificateStatus");
builder.AddDatabase("CertificateStatus");
builder.AddMessaging(bus =>
{
    bus.AddConsumer<ForgetStatus>();
    bus.AddConsumer<KeepRegister>();
});
builder.AddPeer<StatusSigner.StatusSignerClient>("certificate-authority");
builder.AddPeer<Issuer.IssuerClient>("certificate-authority");
builder.Services.AddSingleton<ResponseCache>().AddSingleton<StatusSource>();
builder.AddBackground<CacheCleaner>();

var app = builder.Build();
app.MapDefaults();
app.UseLanguages();
AnswerOcsp.Map(app);
ServeCrl.Map(app);
ServeCertificate.Map(app);
RegisterPage.Map(app);
var register = app.MapGroup("/register/v1").WithProblemDetails();
SearchRegister.Map(register);
DownloadCertificate.Map(register);
await app.RunAsync();
