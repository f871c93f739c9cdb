using System.Security.Cryptography;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Pechat.CertificateAuthority.Authorities;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Pki;
using Pechat.Testing;

namespace Pechat.CertificateAuthority.Tests;

/// <summary>The service as it runs in production, on a database, a broker and a token of its own, after its ceremony.</summary>
internal sealed class RunningAuthority : IAsyncDisposable
{
    internal const string Script = """
        root:
          name: root
          key: P-384
          years: 25
          subject: { country: BG, organization: Example Ltd, organizationIdentifier: NTRBG-175123456, commonName: Example root }
        authorities:
          - name: people-ca
            key: P-256
            years: 12
            subject: { country: BG, organization: Example Ltd, organizationIdentifier: NTRBG-175123456, commonName: Example people CA }
        output: out
        """;

    private RunningAuthority(TestDatabase database, TestBroker broker, TestHsm hsm, TestCluster cluster, TestService service, DirectoryInfo directory)
    {
        (Database, Broker, Hsm, Cluster, Service, Directory) = (database, broker, hsm, cluster, service, directory);
        Issuer = new Issuer.IssuerClient(cluster.Channel(service, "registration"));
        Status = new StatusSigner.StatusSignerClient(cluster.Channel(service, "certificate-status"));
    }

    internal TestDatabase Database { get; }

    internal TestBroker Broker { get; }

    internal TestHsm Hsm { get; }

    internal TestCluster Cluster { get; }

    internal TestService Service { get; }

    internal DirectoryInfo Directory { get; }

    internal Issuer.IssuerClient Issuer { get; }

    internal StatusSigner.StatusSignerClient Status { get; }

    internal static async Task<RunningAuthority> StartAsync(bool ceremony = true, object? options = null)
    {
        TestHsm hsm = TestHsm.Create();
        DirectoryInfo directory = System.IO.Directory.CreateTempSubdirectory("ceremony-");
        string pin = Path.Combine(directory.FullName, "pin");
        await File.WriteAllTextAsync(pin, hsm.Pin);
        TestDatabase database = await TestDatabase.CreateAsync("certificate-authority", typeof(AuthorityStore).Assembly);
        TestBroker broker = await TestBroker.CreateAsync();
        TestCluster cluster = await TestCluster.CreateAsync();
        TestService service = await cluster.StartAsync(typeof(AuthorityStore).Assembly, "certificate-authority", new Dictionary<string, object>
        {
            ["Database"] = database.Section,
            ["Messaging"] = broker.Section,
            ["Hsm"] = new { Library = TestHsm.LibraryPath, hsm.TokenLabel, PinFile = pin },
            ["CertificateAuthority"] = options ?? new { PublicBase = "http://ca.example" },
        });
        var running = new RunningAuthority(database, broker, hsm, cluster, service, directory);
        if (ceremony)
            await running.HoldCeremonyAsync(Script);
        return running;
    }

    internal async Task<IReadOnlyList<string>> HoldCeremonyAsync(string script)
    {
        string path = Path.Combine(Directory.FullName, "ceremony.yaml");
        await File.WriteAllTextAsync(path, script);
        var reports = new List<string>();
        await Service.Services.GetRequiredService<Ceremony>().RunAsync(path, reports.Add, CancellationToken.None);
        return reports;
    }

    /// <summary>A good request; the key is new unless given.</summary>
    internal static async Task<IssueRequest> RequestAsync(AsymmetricAlgorithm? key = null, SignatureAlgorithm? algorithm = null)
    {
        key ??= ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] csr = await CertificationRequest.SignAsync(
            new DistinguishedName([new(Oids.CommonName, "whoever")]), SubjectPublicKey.FromTrusted(key), new MemorySigner(key, algorithm), CancellationToken.None);
        return new IssueRequest
        {
            RequestId = Guid.NewGuid().ToString(),
            Profile = "personal-qualified",
            Csr = ByteString.CopyFrom(csr),
            CustomerId = Guid.NewGuid().ToString(),
            CredentialId = Guid.NewGuid().ToString(),
            Subject = new Subject { CommonName = "Мария Иванова", GivenName = "Мария", Surname = "Иванова", SerialNumber = "PNOBG-8001014509", Country = "BG", Email = "maria@example.org" },
        };
    }

    internal async Task<IssuedCertificate> IssueAsync() => await Issuer.IssueAsync(await RequestAsync());

    internal async Task<Contracts.CertificateAuthority.V1.CertificateStatus> ChangeAsync(string serial, CertificateState state, int reason = 0) =>
        await Issuer.ChangeStatusAsync(new ChangeStatusRequest { Serial = serial, State = state, Reason = reason, RequestedBy = "holder" });

    /// <summary>Asks for the status as a relying party would, and checks the response.</summary>
    internal async Task<SingleResponse> AskAsync(IssuedCertificate certificate)
    {
        Certificate issuer = Certificate.Parse(certificate.Chain[0].Memory);
        byte[] request = OcspRequest.Encode([CertId.Create(issuer, Convert.FromHexString(certificate.Serial))]);
        SignOcspResponseReply reply = await Status.SignOcspResponseAsync(new SignOcspResponseRequest { Request = ByteString.CopyFrom(request) });
        BasicOcspResponse basic = OcspResponse.Parse(reply.Response.Memory).Basic!;
        Assert.That(basic.FindResponder(issuer), Is.Not.Null);
        return basic.Find(issuer, Convert.FromHexString(certificate.Serial))!;
    }

    internal async Task<CertificateList> CrlAsync(string issuer = "people-ca") =>
        CertificateList.Parse((await Status.GetCrlAsync(new GetCrlRequest { Issuer = issuer })).Crl.Memory);

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        await Broker.DisposeAsync();
        await Database.DisposeAsync();
        Directory.Delete(recursive: true);
    }
}
