using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Contracts.Identity.V1;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Hosting;
using Pechat.Messaging;
using Pechat.Persistence;
using Pechat.Registration;
using Pechat.Registration.Certificates;
using Pechat.Registration.Peers;
using Pechat.Registration.Requests;

if (await Migrations.RunIfAskedAsync(args, "registration", typeof(Program).Assembly))
    return;

var builder = WebApplication.CreateBuilder(args);
builder.AddDefaults("registration");
builder.Services.AddValidatedOptions<RegistrationOptions>("Registration");
builder.AddAccessTokens();
builder.AddDatabase("Registration");
builder.AddMessaging(bus =>
{
    bus.AddConsumer<FollowCertificateStatus>();
    bus.AddConsumer<EndWithProfile>();
});
builder.AddPeer<CustomerDirectory.CustomerDirectoryClient>("identity");
builder.AddPeer<ActivationModule.ActivationModuleClient>("signature-activation");
builder.AddPeer<Issuer.IssuerClient>("certificate-authority");
builder.Services.AddSingleton<ICustomers, IdentityCustomers>();
builder.Services.AddSingleton<IKeys, ModuleKeys>();
builder.Services.AddSingleton<IIssuer, CertificateAuthorityIssuer>();
builder.AddBackground<IssueCertificates>();

var app = builder.Build();
app.MapDefaults();
RouteGroupBuilder phone = app.MapGroup("/registration/v1").RequireAccess("device").WithProblemDetails();
CreateRequest.Map(phone);
GetRequest.Map(phone);
ConfirmData.Map(phone);
ChangeCertificateStatus.Map(phone);
await app.RunAsync();
