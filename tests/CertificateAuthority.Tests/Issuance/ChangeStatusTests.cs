using Dapper;
using Grpc.Core;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Pki;
using Pechat.Testing;

namespace Pechat.CertificateAuthority.Tests.Issuance;

internal sealed class ChangeStatusTests : AuthorityTests
{
    [Test, Requirement("S1-36"), Property("Clause", "RFC 5280 §5.3.1, R-158")]
    public async Task Suspension_shows_at_once_and_disappears_with_the_resumption()
    {
        IssuedCertificate issued = await Authority.IssueAsync();
        Assert.That((await Authority.AskAsync(issued)).Status, Is.EqualTo(OcspCertificateStatus.Good));

        CertificateStatus held = await Authority.ChangeAsync(issued.Serial, CertificateState.Suspended, 6);
        SingleResponse answer = await Authority.AskAsync(issued);
        RevokedCertificate entry = (await Authority.CrlAsync()).Find(Convert.FromHexString(issued.Serial))!;
        Assert.Multiple(() =>
        {
            Assert.That((answer.Status, answer.Reason, answer.RevokedAt), Is.EqualTo((OcspCertificateStatus.Revoked, RevocationReason.CertificateHold, held.Since.ToDateTimeOffset())));
            Assert.That((entry.Reason, entry.RevokedAt), Is.EqualTo((RevocationReason.CertificateHold, held.Since.ToDateTimeOffset())));
        });

        await Authority.ChangeAsync(issued.Serial, CertificateState.Active);
        Assert.That((await Authority.AskAsync(issued)).Status, Is.EqualTo(OcspCertificateStatus.Good));
        Assert.That((await Authority.CrlAsync()).Find(Convert.FromHexString(issued.Serial)), Is.Null);
        Assert.That(await HistoryAsync(issued.Serial), Is.EqualTo(new[] { "active>suspended", "suspended>active" }));
        IReadOnlyList<string> events = [.. (await EventsAsync("certificate-status-changed.v1")).Where(each => each.Contains(issued.Serial, StringComparison.Ordinal))];
        Assert.That(events.Count, Is.EqualTo(2));
        Assert.That(events[0], Does.Contain("suspended").And.Contain(issued.CustomerId).And.Contain(issued.CredentialId));
    }

    [Test, Requirement("S0-68"), Property("Clause", "Regulation (EU) 910/2014 Art. 28(4)")]
    public async Task Revocation_is_final()
    {
        IssuedCertificate issued = await Authority.IssueAsync();
        await Authority.ChangeAsync(issued.Serial, CertificateState.Suspended, 6);
        await Authority.ChangeAsync(issued.Serial, CertificateState.Revoked, 1);
        foreach ((CertificateState state, int reason) in new[] { (CertificateState.Active, 0), (CertificateState.Suspended, 6) })
            await RefusedAsync(issued.Serial, state, reason, StatusCode.FailedPrecondition, "illegal_state");
        SingleResponse answer = await Authority.AskAsync(issued);
        Assert.That((answer.Status, answer.Reason), Is.EqualTo((OcspCertificateStatus.Revoked, RevocationReason.KeyCompromise)));
        Assert.That((await Authority.CrlAsync()).Find(Convert.FromHexString(issued.Serial))!.Reason, Is.EqualTo(RevocationReason.KeyCompromise));
    }

    [Test]
    public async Task Asking_again_for_the_same_state_changes_nothing()
    {
        IssuedCertificate issued = await Authority.IssueAsync();
        CertificateStatus first = await Authority.ChangeAsync(issued.Serial, CertificateState.Suspended, 6);
        CertificateStatus second = await Authority.ChangeAsync(issued.Serial, CertificateState.Suspended, 6);
        Assert.That(second, Is.EqualTo(first), "a second suspension does not start anew (R-154)");
        Assert.That(await HistoryAsync(issued.Serial), Has.Count.EqualTo(1));
    }

    [TestCase(CertificateState.Suspended, 0), TestCase(CertificateState.Suspended, 1), TestCase(CertificateState.Active, 6), TestCase(CertificateState.Revoked, 6), TestCase(CertificateState.Revoked, 8)]
    [TestCase(CertificateState.Revoked, 7), TestCase(CertificateState.Revoked, -1)]
    public async Task Reason_that_does_not_fit_is_refused(CertificateState state, int reason) =>
        await RefusedAsync((await Authority.IssueAsync()).Serial, state, reason, StatusCode.InvalidArgument, "invalid_reason");

    [Test]
    public async Task Unknown_certificate_and_missing_requester_are_refused()
    {
        await RefusedAsync("0123", CertificateState.Revoked, 0, StatusCode.NotFound, "unknown_certificate");
        RpcException refused = Assert.ThrowsAsync<RpcException>(async () =>
            await Authority.Issuer.ChangeStatusAsync(new ChangeStatusRequest { Serial = "0123", State = CertificateState.Revoked }))!;
        Assert.That(refused.StatusCode, Is.EqualTo(StatusCode.InvalidArgument));
    }

    private async Task RefusedAsync(string serial, CertificateState state, int reason, StatusCode status, string code)
    {
        RpcException refused = Assert.ThrowsAsync<RpcException>(async () => await Authority.ChangeAsync(serial, state, reason))!;
        Assert.That((refused.StatusCode, refused.Trailers.GetValue("pechat-code")), Is.EqualTo((status, code)));
        await Task.CompletedTask;
    }

    private async Task<IReadOnlyList<string>> HistoryAsync(string serial)
    {
        await using var connection = await Authority.Database.Owner.OpenConnectionAsync();
        return (await connection.QueryAsync<string>("select from_state || '>' || to_state from status_change where serial = @serial order by id", new { serial })).AsList();
    }
}
