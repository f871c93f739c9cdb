using Pechat.Billing;
using Pechat.Billing.Packages;
using Pechat.Billing.Units;
using Pechat.Contracts.Identity.V1;
using Pechat.Hosting;
using Pechat.Messaging;
using Pechat.Persistence;

if (await Migrations.RunIfAskedAsync(args, "billing", typeof(Program).Assembly))
    return;

var builder = WebApplication.CreateBuilder(args);
builder.AddDefaults("billing");
builder.Services.AddValidatedOptions<BillingOptions>("Billing");
builder.AddDatabase("Billing");
builder.AddAccessTokens();
builder.AddPeer<CustomerDirectory.CustomerDirectoryClient>("identity");
builder.AddMessaging(bus =>
{
    bus.AddConsumer<GrantFreeUnits>();
    bus.AddConsumer<CaptureUnits>();
    bus.AddConsumer<ReleaseUnits>();
});
builder.AddBackground<LapseReservations>();
builder.AddBackground<RenewFreeUnits>();

var app = builder.Build();
app.MapDefaults();
app.MapGrpcService<UnitLedgerService>();
var billing = app.MapGroup("/billing/v1").WithProblemDetails();
ListPackages.Map(billing);
GetEntitlements.Map(billing);
await app.RunAsync();

/// <summary>The billing service.</summary>
internal sealed partial class Program;
