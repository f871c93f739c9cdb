using System.Net;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Pechat.CertificateStatus.Ocsp;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Pki;

namespace Pechat.CertificateStatus.Tests;

/// <summary>Takes things away, so each test has services of its own.</summary>
internal sealed class OutageTests
{
    private RunningStatus _status = null!;

    [SetUp]
    public async Task StartAsync() => _status = await RunningStatus.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _status.DisposeAsync();

    [Test, Property("Clause", "RFC 6960 §2.3")]
    public async Task Without_the_CA_what_is_kept_is_served_until_its_end_and_the_rest_told_to_try_later()
    {
        IssuedCertificate kept = await _status.Authority.IssueAsync(), other = await _status.Authority.IssueAsync();
        byte[] before = (await _status.AskAsync(RunningStatus.Request(kept))).Basic!.Signed.Tbs.ToArray();
        await GetAsync("/crl/people-ca.crl");
        await GetAsync("/ca/root.cer");
        await _status.Authority.Service.DisposeAsync();

        _status.Authority.Cluster.Clock.Advance(TimeSpan.FromMinutes(30)); // beyond the age at which the CA would be asked again
        Assert.Multiple(async () =>
        {
            Assert.That((await _status.AskAsync(RunningStatus.Request(kept))).Basic!.Signed.Tbs.ToArray(), Is.EqualTo(before));
            Assert.That((await _status.AskAsync(RunningStatus.Request(kept, new byte[32]))).Basic!.Nonce, Is.Null, "better without the nonce than not at all");
            Assert.That((await _status.AskAsync(RunningStatus.Request(other))).Status, Is.EqualTo(OcspResponseStatus.TryLater));
            Assert.That(await GetAsync("/crl/people-ca.crl"), Is.EqualTo(HttpStatusCode.OK));
            Assert.That(await GetAsync("/ca/root.cer"), Is.EqualTo(HttpStatusCode.OK));
            Assert.That(await GetAsync("/crl/root.crl"), Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        });

        _status.Authority.Cluster.Clock.Advance(TimeSpan.FromMinutes(31)); // past nextUpdate
        Assert.That((await _status.AskAsync(RunningStatus.Request(kept))).Status, Is.EqualTo(OcspResponseStatus.TryLater));
        _status.Authority.Cluster.Clock.Advance(TimeSpan.FromHours(24));
        Assert.That(await GetAsync("/crl/people-ca.crl"), Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        _status.Authority.Cluster.Logs.Verify();
    }

    [Test]
    public async Task Without_its_database_the_CA_is_asked_every_time()
    {
        IssuedCertificate issued = await _status.Authority.IssueAsync();
        await _status.Database.SetReachableAsync(false);
        Assert.That(await _status.StatusAsync(issued), Is.EqualTo(OcspCertificateStatus.Good));
        await _status.Database.SetReachableAsync(true);
        Assert.That(await _status.StatusAsync(issued), Is.EqualTo(OcspCertificateStatus.Good));
    }

    [Test]
    public async Task Cache_forgets_what_is_over_and_an_older_answer_never_replaces_a_newer()
    {
        IssuedCertificate issued = await _status.Authority.IssueAsync();
        await _status.StatusAsync(issued);
        var cache = _status.Service.Services.GetRequiredService<ResponseCache>();
        byte[] key = ResponseCache.KeyOf(OcspRequest.Parse(RunningStatus.Request(issued)))!;
        CachedResponse newest = (await cache.FindAsync(key, default))!;
        await cache.KeepAsync(key, issued.Serial, newest with { Response = [1], ThisUpdate = newest.ThisUpdate.AddSeconds(-1) }, default);
        Assert.That((await cache.FindAsync(key, default))!.Response, Is.EqualTo(newest.Response));

        await using (var connection = await _status.Database.Owner.OpenConnectionAsync())
            await connection.ExecuteAsync("insert into status_change (serial, at) values ('77', now())");
        await cache.KeepAsync([7], "77", newest with { ThisUpdate = DateTime.UtcNow.AddMinutes(-1) }, default);
        Assert.That(await cache.FindAsync([7], default), Is.Null, "signed before the change");

        _status.Authority.Cluster.Clock.Advance(TimeSpan.FromHours(2));
        using CacheCleaner cleaner = ActivatorUtilities.CreateInstance<CacheCleaner>(_status.Service.Services);
        await cleaner.CleanAsync(default);
        Assert.That(await cache.FindAsync(key, default), Is.Null);
    }

    private async Task<HttpStatusCode> GetAsync(string path)
    {
        using HttpResponseMessage answer = await _status.Http.GetAsync(new Uri(path, UriKind.Relative));
        return answer.StatusCode;
    }
}
