using Pechat.Contracts.Signing.V1;
using Pechat.Documents;
using Pechat.Documents.Archive;
using Pechat.Hosting;
using Pechat.Messaging;
using Pechat.Persistence;

if (await Migrations.RunIfAskedAsync(args, "documents", typeof(Program).Assembly))
    return;

var builder = WebApplication.CreateBuilder(args);
builder.AddDefaults("documents");
builder.Services.AddValidatedOptions<DocumentsOptions>("Documents");
builder.AddAccessTokens();
builder.AddDatabase("Documents");
builder.AddMessaging(bus => bus.AddConsumer<ArchiveSignedFiles>());
builder.AddPeer<SignedDocuments.SignedDocumentsClient>("signing");
builder.Services.AddSingleton<ISignedDocuments, SignedDocumentsClient>();

var app = builder.Build();
app.MapDefaults();
RouteGroupBuilder archive = app.MapGroup("/documents/v1").RequireAccess("device", "portal").WithProblemDetails();
ListArchive.Map(archive);
DownloadFile.Map(archive);
await app.RunAsync();

/// <summary>Entry point, visible to the tests.</summary>
internal sealed partial class Program;
