using Npgsql;
using Pechat.CertificateAuthority;
using Pechat.CertificateAuthority.Authorities;
using Pechat.CertificateAuthority.Evidence;
using Pechat.CertificateAuthority.Issuance;
using Pechat.CertificateAuthority.Status;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Hsm;
using Pechat.Messaging;
using Pechat.Persistence;

if (await Migrations.RunIfAskedAsync(args, "certificate-authority", typeof(Program).Assembly))
    return 0;

var builder = WebApplication.CreateBuilder(args);
builder.AddDefaults("certificate-authority");
builder.Services.AddValidatedOptions<CertificateAuthorityOptions>("CertificateAuthority");
builder.AddDatabase("CertificateAuthority");
builder.AddMessaging();
builder.AddHsm();
builder.Services
    .AddSingleton<AuditLog>()
    .AddSingleton<AuthorityStore>()
    .AddSingleton<ResponderRenewal>()
    .AddSingleton<Profiles>()
    .AddSingleton<CertificateTemplate>()
    .AddSingleton<CertificateIssuer>()
    .AddSingleton<CrlPublisher>()
    .AddSingleton<Ceremony>();
builder.AddReadiness("authorities", async (services, ct) =>
{
    if (await services.GetRequiredService<AuthorityStore>().ListAsync(ct) is [])
        throw FaultException.Unavailable("no_authority", "the ceremony has not been held");
});
builder.AddBackground<ResponderKeeper>();

var app = builder.Build();
app.MapDefaults();
app.Services.GetRequiredService<Profiles>(); // a bad profile stops the start

switch (args)
{
    case ["ceremony", var script, ..]:
        try
        {
            await app.Services.GetRequiredService<Ceremony>().RunAsync(script, Console.WriteLine, CancellationToken.None);
            return 0;
        }
        catch (Exception refusal) when (refusal is CeremonyException or FaultException)
        {
            await Console.Error.WriteLineAsync($"ceremony: {refusal.Message}");
            return 1;
        }
    case ["verify-audit", ..]:
        (long records, long? broken) = await AuditLog.VerifyAsync(app.Services.GetRequiredService<NpgsqlDataSource>(), CancellationToken.None);
        Console.WriteLine(broken is null ? $"{records} records, the chain is whole" : $"the chain breaks at record {broken}");
        return broken is null ? 0 : 1;
    default:
        app.MapGrpcService<IssuerService>();
        app.MapGrpcService<StatusSignerService>();
        await app.RunAsync();
        return 0;
}
