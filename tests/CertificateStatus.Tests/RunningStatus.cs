using Pechat.CertificateAuthority.Tests;
using Pechat.CertificateStatus.Ocsp;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Pki;
using Pechat.Testing;

namespace Pechat.CertificateStatus.Tests;

/// <summary>The service beside a running CA, reached as the gateway reaches it.</summary>
internal sealed class RunningStatus : IAsyncDisposable
{
    private readonly TestDatabase _database;
    private readonly TestService _service;

    private RunningStatus(RunningAuthority authority, TestDatabase database, TestService service)
    {
        Authority = authority;
        _database = database;
        _service = service;
        Http = authority.Cluster.Client(service);
    }

    internal RunningAuthority Authority { get; }

    internal TestDatabase Database => _database;

    internal TestService Service => _service;

    internal HttpClient Http { get; }

    internal static async Task<RunningStatus> StartAsync()
    {
        RunningAuthority authority = await RunningAuthority.StartAsync();
        TestDatabase database = await TestDatabase.CreateAsync("certificate-status", typeof(ResponseCache).Assembly);
        TestService service = await authority.Cluster.StartAsync(typeof(ResponseCache).Assembly, "certificate-status", new Dictionary<string, object>
        {
            ["Database"] = database.Section,
            ["Messaging"] = authority.Broker.Section,
        });
        authority.Cluster.Logs.ExpectError(103); // the framework logs a service that is not ready yet as an Error
        await service.UntilReadyAsync();
        return new RunningStatus(authority, database, service);
    }

    internal static byte[] Request(IssuedCertificate certificate, byte[]? nonce = null)
    {
        CertId id = CertId.Create(Certificate.Parse(certificate.Chain[0].Memory), Convert.FromHexString(certificate.Serial));
        return nonce is null ? OcspRequest.Encode([id]) : OcspRequest.Encode([id], nonce);
    }

    internal async Task<HttpResponseMessage> PostAsync(byte[] request)
    {
        using var content = new ByteArrayContent(request);
        content.Headers.ContentType = new("application/ocsp-request");
        return await Http.PostAsync(new Uri("/ocsp", UriKind.Relative), content);
    }

    internal async Task<OcspResponse> AskAsync(byte[] request)
    {
        using HttpResponseMessage answer = await PostAsync(request);
        return OcspResponse.Parse(await answer.Content.ReadAsByteArrayAsync());
    }

    internal async Task<OcspCertificateStatus> StatusAsync(IssuedCertificate certificate) => (await AskAsync(Request(certificate))).Basic!.Responses[0].Status;

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Authority.DisposeAsync(); // the cluster stops both services
        await _database.DisposeAsync();
    }
}
