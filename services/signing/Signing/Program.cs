using Microsoft.AspNetCore.Mvc;
using Pechat.Contracts.Billing.V1;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Contracts.Identity.V1;
using Pechat.Contracts.SignatureActivation.V1;
using Pechat.Contracts.Timestamping.V1;
using Pechat.Hosting;
using Pechat.Messaging;
using Pechat.Persistence;
using Pechat.Signing;
using Pechat.Signing.CodeFlow;
using Pechat.Signing.Credentials;
using Pechat.Signing.Csc;
using Pechat.Signing.Documents;
using Pechat.Signing.Requests;
using Pechat.Signing.Transactions;

if (await Migrations.RunIfAskedAsync(args, "signing", typeof(Program).Assembly))
    return;

var builder = WebApplication.CreateBuilder(args);
builder.AddDefaults("signing");
builder.Services.AddValidatedOptions<SigningOptions>("Signing");
builder.AddAccessTokens();
builder.AddDatabase("Signing");
builder.AddMessaging(bus =>
{
    bus.AddConsumer<LinkIssuedCertificate>();
    bus.AddConsumer<FollowCertificateStatus>();
    bus.AddConsumer<EndWithProfile>();
});
builder.AddPeer<ActivationModule.ActivationModuleClient>("signature-activation");
builder.AddPeer<SignatureLog.SignatureLogClient>("signature-activation");
builder.AddPeer<UnitLedger.UnitLedgerClient>("billing");
builder.AddPeer<Issuer.IssuerClient>("certificate-authority");
builder.AddPeer<TimestampSigner.TimestampSignerClient>("timestamping");
builder.AddPeer<Sessions.SessionsClient>("identity");
builder.Services.AddSingleton<ISessions, SessionsClient>();
builder.Services.AddSingleton<IActivationModule, ActivationModuleClient>();
builder.Services.AddSingleton<ISignatureLog, SignatureLogClient>();
builder.Services.AddSingleton<IUnitLedger, UnitLedgerClient>();
builder.Services.AddSingleton<ICertificates, CertificateAuthorityClient>();
builder.Services.AddSingleton<ITimestamper, TimestampingClient>();
ResponseNotifier.Add(builder.Services);
builder.Services.AddSingleton<Sad>();
builder.Services.AddSingleton<OpenTransaction>();
builder.Services.AddSingleton<EndTransaction>();
builder.Services.AddSingleton<ReportSignatures>();
builder.Services.AddSingleton<RecordSignatures>();
builder.Services.AddSingleton<TransactionSignal>();
builder.Services.AddSingleton<AwaitDecision>();
builder.Services.AddSingleton<SignDigests>();
builder.Services.AddSingleton<AskToSignFiles>();
builder.Services.AddSingleton<SignedFiles>();
builder.AddBackground<SweepTransactions>();
builder.AddBackground<SignPreparedFiles>();
builder.AddBackground<ReportInRounds>();
builder.AddBackground<NotifyClients>();
builder.WebHost.ConfigureKestrel((context, kestrel) => // what a route reads is bounded by CscRequest
    kestrel.Limits.MaxRequestBodySize = context.Configuration.GetValue("Signing:MaxDocumentRequestBytes", new SigningOptions().MaxDocumentRequestBytes));

var app = builder.Build();
app.MapDefaults();
foreach ((string path, CscVersion version) in new[] { ("/csc/v1", CscVersion.V1), ("/csc/v2", CscVersion.V2) })
{
    RouteGroupBuilder open = app.MapGroup(path).WithCscErrors().WithMetadata(version);
    GetInfo.Map(open);
    Login.Map(open);
    if (version == CscVersion.V2)
        DescribeApi.Map(open);
    RouteGroupBuilder csc = app.MapGroup(path).RequireAccess("service").WithCscErrors().WithMetadata(version);
    RevokeToken.Map(csc);
    ListCredentials.Map(csc);
    GetCredential.Map(csc);
    AuthorizeCredential.Map(csc);
    ExtendTransaction.Map(csc);
    SendOtp.Map(csc);
    SignHash.Map(csc);
    StampHash.Map(csc);
    MethodNames.Map(csc, version);
    if (version == CscVersion.V1)
        continue;
    CheckAuthorization.Map(csc);
    GetChallenge.Map(csc);
    DeleteCredential.Map(csc);
    SignDoc.Map(csc);
    PollSignatures.Map(csc);
}
RouteGroupBuilder phone = app.MapGroup("/signing/v1").RequireAccess("device").WithProblemDetails().WithMetadata(new RequestSizeLimitAttribute(ConfirmRequest.MaxBodyBytes));
ListRequests.Map(phone);
ConfirmRequest.Map(phone);
DeclineRequest.Map(phone);
GetSignatureProof.Map(app.MapGroup("/signing/v1").RequireAccess("device", "portal").WithProblemDetails());
app.MapGrpcService<ReadSignedDocument>();
app.MapGrpcService<CredentialAuthorizationService>();
await app.RunAsync();

/// <summary>Entry point, visible to the tests.</summary>
internal sealed partial class Program;
