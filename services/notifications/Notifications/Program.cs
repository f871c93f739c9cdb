using Pechat.Contracts.Identity.V1;
using Pechat.Hosting;
using Pechat.Messaging;
using Pechat.Notifications;
using Pechat.Notifications.Codes;
using Pechat.Notifications.Notices;
using Pechat.Notifications.Sending;
using Pechat.Persistence;

if (await Migrations.RunIfAskedAsync(args, "notifications", typeof(Program).Assembly))
    return;

var builder = WebApplication.CreateBuilder(args);
builder.AddDefaults("notifications");
builder.Services.AddValidatedOptions<NotificationsOptions>("Notifications");
builder.Services.AddSingleton(TextTemplates.Load());
builder.Services.AddSingleton<MailSender>();
builder.AddDatabase("Notifications");
builder.AddPeer<CustomerDirectory.CustomerDirectoryClient>("identity");
builder.AddMessaging(bus =>
{
    bus.AddConsumer<NoticeOfCertificateIssued>();
    bus.AddConsumer<NoticeOfDocumentSigned>();
    bus.AddConsumer<NoticeOfDeviceBound>();
    bus.AddConsumer<NoticesOfDevice>();
    bus.AddConsumer<NoticesOfProfile>();
    bus.AddConsumer<NoticeOfContactChanged>();
});
builder.AddBackground<DeliverNotices>();

var app = builder.Build();
app.MapDefaults();
app.MapGrpcService<CodeSenderService>();
await app.RunAsync();

/// <summary>The notifications service.</summary>
internal sealed partial class Program;
