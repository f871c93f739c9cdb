using System.Net;
using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Contracts.Events.CertificateAuthority;
using Pechat.Persistence;
using Pechat.Testing;

namespace Pechat.Signing.Tests.Credentials;

/// <summary>Events of the certificate authority, over a real broker: what this service's own relay publishes comes back to its queues.</summary>
[TestFixture]
internal sealed class LinkTests
{
    private SigningHouse _house = null!;
    private TestSigner _signer = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _house = await SigningHouse.StartAsync();
        _house.Cluster.Logs.ExpectError(103); // the framework's line about a health check that fails until the broker is there
        await _house.Service.UntilReadyAsync(); // an event finds its queue only once the queue was bound
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        _house.Cluster.Logs.Verify();
        await _house.DisposeAsync();
    }

    [SetUp]
    public void MakeCertificate() =>
        _signer = new TestSigner(ECDsa.Create(ECCurve.NamedCurves.nistP256), _house.Clock.GetUtcNow().AddDays(-1), _house.Clock.GetUtcNow().AddYears(1));

    [TearDown]
    public void Restore()
    {
        _house.Certificates.IsDown = false;
        _signer.Dispose();
    }

    private async Task PublishAsync<T>(T message, Guid? id = null) where T : class => await _house.Db.InTransactionAsync(async tx =>
    {
        await Outbox.AddAsync(tx, id ?? Guid.CreateVersion7(), message, _house.Clock.GetUtcNow(), default);
        return 0;
    }, default);

    private CertificateIssued Issue(Guid? credential, CertificateState state = CertificateState.Active, DateTimeOffset? since = null)
    {
        _house.Certificates.Issued[_signer.Certificate.Serial] = new IssuedCertificate
        {
            Serial = _signer.Certificate.Serial,
            Certificate = ByteString.CopyFrom(_signer.Certificate.Encoded.Span),
            Chain = { ByteString.CopyFrom(_signer.Root.Encoded.Span) },
            Status = new CertificateStatus { State = state, Since = (since ?? _house.Clock.GetUtcNow().AddMinutes(-1)).ToTimestamp() },
        };
        return new CertificateIssued(_signer.Certificate.Serial, "personal-qualified", Guid.NewGuid(), _house.Alice, credential, _signer.Certificate.NotBefore, _signer.Certificate.NotAfter);
    }

    private async Task<string?> StatusAsync(Guid credential)
    {
        Answer answer = await _house.CscAsync("credentials/info", new { credentialID = credential });
        return answer.Status == HttpStatusCode.OK ? answer.Body.GetProperty("cert").GetProperty("status").GetString() : null;
    }

    [Test, Property("Clause", "CSC API v2 credentials/info")]
    public async Task Issued_certificate_becomes_a_credential_of_its_holder()
    {
        Guid credential = Guid.NewGuid();
        await PublishAsync(Issue(credential));
        await Eventually.HoldsAsync(async () => await StatusAsync(credential) == "valid", "the credential is there");
        Answer answer = await _house.CscAsync("credentials/info", new { credentialID = credential, certificates = "chain" });
        Assert.That(answer.Body.GetProperty("cert").GetProperty("certificates").GetArrayLength(), Is.EqualTo(2));
    }

    [TestCase("active", "suspended"), TestCase("suspended", "active")]
    public async Task Suspension_within_the_second_of_the_issue_counts_in_either_order(string first, string second)
    {
        string serial = Guid.NewGuid().ToString("N");
        DateTimeOffset at = DateTimeOffset.FromUnixTimeSeconds(_house.Clock.GetUtcNow().ToUnixTimeSeconds());
        foreach (string state in new[] { first, second })
        {
            DateTimeOffset since = state == "active" ? at.AddMilliseconds(500) : at; // the time of a change is cut to the second
            await _house.Db.InTransactionAsync(tx => Signing.Credentials.CertificateState.RecordAsync(tx, serial, state, since, default), default);
        }
        Assert.That(await _house.ScalarAsync<string>("select state from certificate_state where serial = @serial", new { serial }), Is.EqualTo("suspended"));
    }

    [Test, Requirement("S0-66")]
    public async Task Suspension_resumption_and_revocation_are_followed_and_revocation_is_final()
    {
        Guid credential = Guid.NewGuid();
        await PublishAsync(Issue(credential));
        DateTimeOffset now = _house.Clock.GetUtcNow();
        CertificateStatusChanged To(string state, int seconds) => new(_signer.Certificate.Serial, _house.Alice, credential, state, 6, now.AddSeconds(seconds));
        await PublishAsync(To("suspended", 1));
        await Eventually.HoldsAsync(async () => await StatusAsync(credential) == "suspended", "suspended");
        await PublishAsync(To("active", 2));
        await Eventually.HoldsAsync(async () => await StatusAsync(credential) == "valid", "resumed");
        await PublishAsync(To("revoked", 3));
        await Eventually.HoldsAsync(async () => await StatusAsync(credential) == "revoked", "revoked");
        Guid last = Guid.CreateVersion7();
        await PublishAsync(To("active", 4), last);
        await Eventually.HoldsAsync(async () => await _house.ScalarAsync<long>("select count(*) from public.inbox where message_id = @last", new { last }) == 1, "consumed");
        Assert.That(await StatusAsync(credential), Is.EqualTo("revoked"));
    }

    [Test]
    public async Task State_that_arrives_before_the_certificate_is_not_lost()
    {
        Guid credential = Guid.NewGuid();
        DateTimeOffset now = _house.Clock.GetUtcNow();
        CertificateIssued issued = Issue(credential, CertificateState.Active, now.AddMinutes(-5));
        await PublishAsync(new CertificateStatusChanged(issued.Serial, _house.Alice, credential, "suspended", 6, now));
        await Eventually.HoldsAsync(async () => await _house.ScalarAsync<long>("select count(*) from certificate_state where serial = @Serial", new { issued.Serial }) == 1, "recorded");
        await PublishAsync(issued);
        await Eventually.HoldsAsync(async () => await StatusAsync(credential) is not null, "the credential is there");
        Assert.That(await StatusAsync(credential), Is.EqualTo("suspended"));
    }

    [Test]
    public async Task Event_waits_while_the_authority_is_down_and_keys_outside_the_cloud_are_passed_over()
    {
        Guid credential = Guid.NewGuid();
        _house.Certificates.IsDown = true;
        await PublishAsync(Issue(credential));
        await Task.Delay(500);
        Assert.That(await StatusAsync(credential), Is.Null);
        _house.Certificates.IsDown = false;
        await Eventually.HoldsAsync(async () => await StatusAsync(credential) == "valid", "the credential is there");
        await PublishAsync(Issue(null) with { Serial = "00" }); // would not even be found
    }
}
