using Pechat.Contracts.CertificateAuthority.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Pechat.CertificateAuthority.Authorities;
using Pechat.Pki;

namespace Pechat.CertificateAuthority.Tests.Status;

/// <summary>Moves the clock by years, so it has an authority of its own.</summary>
internal sealed class AgeTests : AuthorityTests
{
    [Test, Order(1), Property("Clause", "RFC 6960 §4.2.2.2.1")]
    public async Task Responder_is_renewed_before_its_end_and_no_response_outlives_it()
    {
        IssuedCertificate issued = await Authority.IssueAsync();
        Certificate issuer = Certificate.Parse(issued.Chain[0].Memory);
        var renewal = Authority.Service.Services.GetRequiredService<ResponderRenewal>();
        Authority authority = await Authority.Service.Services.GetRequiredService<AuthorityStore>().GetAsync("people-ca", default);
        Assert.That(await renewal.EnsureAsync(authority, default), Is.False, "the ceremony certified it");

        Authority.Cluster.Clock.Advance(TimeSpan.FromDays(30) - TimeSpan.FromMinutes(30));
        SingleResponse last = await Authority.AskAsync(issued);
        Assert.That(last.NextUpdate - last.ThisUpdate, Is.LessThan(TimeSpan.FromMinutes(31)), "the responder's certificate ends in half an hour");
        Assert.That(await renewal.EnsureAsync(authority, default), Is.True);
        Assert.That(await renewal.EnsureAsync(authority, default), Is.False);
        Authority.Cluster.Clock.Advance(TimeSpan.FromMinutes(2));
        SingleResponse next = await Authority.AskAsync(issued);
        Assert.That(next.NextUpdate - next.ThisUpdate, Is.EqualTo(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(1)));
    }

    [Test, Order(0), Property("Clause", "R-223")]
    public async Task Crl_is_signed_anew_at_its_age()
    {
        CertificateList first = await Authority.CrlAsync();
        Authority.Cluster.Clock.Advance(TimeSpan.FromHours(2.9));
        Assert.That((await Authority.CrlAsync()).Number, Is.EqualTo(first.Number));
        Authority.Cluster.Clock.Advance(TimeSpan.FromHours(0.2));
        CertificateList aged = await Authority.CrlAsync();
        Assert.That(aged.Number, Is.EqualTo(first.Number + 1));
        Assert.That(aged.NextUpdate - aged.ThisUpdate, Is.EqualTo(TimeSpan.FromHours(24)));
        Authority.Cluster.Clock.Advance(-TimeSpan.FromHours(3.1));
    }

    [Test, Order(2), Property("Clause", "SM-5, R-224")]
    public async Task Expired_certificate_keeps_its_status_for_ever_and_stays_on_the_list()
    {
        IssuedCertificate issued = await Authority.IssueAsync(), revoked = await Authority.IssueAsync();
        await Authority.ChangeAsync(revoked.Serial, CertificateState.Revoked, 3);
        Authority.Cluster.Clock.Advance(TimeSpan.FromDays(4 * 365));
        var renewal = Authority.Service.Services.GetRequiredService<ResponderRenewal>();
        await renewal.EnsureAsync(await Authority.Service.Services.GetRequiredService<AuthorityStore>().GetAsync("people-ca", default), default);

        RpcException refused = Assert.ThrowsAsync<RpcException>(async () => await Authority.ChangeAsync(issued.Serial, CertificateState.Revoked, 0))!;
        Assert.That(refused.StatusCode, Is.EqualTo(StatusCode.FailedPrecondition));
        SingleResponse answer = await Authority.AskAsync(issued);
        Assert.That((answer.Status, answer.Extensions.Single().Oid), Is.EqualTo((OcspCertificateStatus.Good, Oids.OcspArchiveCutoff)));
        Assert.That((await Authority.CrlAsync()).Find(Convert.FromHexString(revoked.Serial)), Is.Not.Null);
    }
}
