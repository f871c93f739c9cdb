using System.Net;
using System.Text.Json;
using Pechat.Contracts;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Contracts.Events.CertificateAuthority;
using Pechat.Contracts.Events.Identity;
using Pechat.Persistence;

namespace Pechat.Registration.Tests.Certificates;

internal sealed class StatusTests : RegistrationTestBase
{
    private async Task<(Applicant Applicant, Guid Request, string Serial)> Issued()
    {
        Applicant applicant = Registration.NewApplicant();
        Guid id = await applicant.ApplyAsync();
        return (applicant, id, (await applicant.UntilAsync(id, "Issued")).GetProperty("serial").GetString()!);
    }

    [Test]
    public async Task The_holder_suspends_and_resumes_from_the_phone()
    {
        var (applicant, request, serial) = await Issued();
        JsonElement suspended = await Applicant.Json(await applicant.ChangeAsync(serial, "suspend"));
        Assert.That((suspended.GetProperty("serial").GetString(), suspended.GetProperty("state").GetString()), Is.EqualTo((serial, "suspended")));
        Assert.That(Registration.Statuses[serial], Is.EqualTo(CertificateState.Suspended));
        Assert.That((await Applicant.Json(await applicant.ChangeAsync(serial, "resume"))).GetProperty("state").GetString(), Is.EqualTo("active"));
        string[] evidence = await Registration.QueryAsync<string>("select detail from request_transition where request_id = @request and detail like '%asked by%' order by at", new { request });
        Assert.That(evidence, Is.EqualTo(new[] { $"suspended, asked by device {applicant.DeviceId}", $"active, asked by device {applicant.DeviceId}" }));
        applicant.Dispose();
    }

    [Test]
    public async Task A_stranger_or_a_detached_phone_changes_nothing() // AC-136
    {
        var (applicant, _, serial) = await Issued();
        using Applicant stranger = Registration.NewApplicant();
        await Refused(await stranger.ChangeAsync(serial, "suspend"), HttpStatusCode.NotFound, "unknown_certificate");
        Registration.Detach(applicant);
        await Refused(await applicant.ChangeAsync(serial, "suspend"), HttpStatusCode.Forbidden, "device_not_active");
        Assert.That(Registration.Statuses.ContainsKey(serial), Is.False);
        applicant.Dispose();
    }

    [Test]
    public async Task What_the_CA_refuses_is_told_and_leaves_no_trace_of_success()
    {
        var (applicant, request, serial) = await Issued();
        Registration.IssuerRefuses = FaultException.Conflict("illegal_state", "a revoked certificate keeps its status for ever");
        await Refused(await applicant.ChangeAsync(serial, "resume"), HttpStatusCode.Conflict, "illegal_state");
        Assert.That(await Registration.StatesAsync(request), Has.Length.EqualTo(4));
        applicant.Dispose();
    }

    [Test]
    public async Task A_closed_profile_takes_certificates_and_requests_with_it() // SM-1
    {
        var (applicant, request, serial) = await Issued();
        using Applicant asking = Registration.NewApplicant();
        Guid open = Applicant.Id(await Applicant.Json(await asking.AskAsync()));
        DateTimeOffset now = Registration.Cluster.Clock.GetUtcNow();
        foreach (Guid customer in new[] { applicant.CustomerId, asking.CustomerId, applicant.CustomerId })
            await Registration.Database.DataSource.InTransactionAsync(
                tx => Outbox.AddAsync(tx, Guid.CreateVersion7(), new CustomerClosed(customer, now), now, CancellationToken.None), CancellationToken.None);
        await asking.UntilAsync(open, "Rejected");
        await Testing.Eventually.HoldsAsync(() => Registration.Statuses.TryGetValue(serial, out CertificateState state) && state == CertificateState.Revoked, "it is revoked");
        Assert.That(await Registration.StatesAsync(open), Has.Exactly(1).EqualTo("Rejected"));
        Assert.That(await Registration.QueryAsync<string>("select state from certificate_request where id = @request", new { request }), Is.EqualTo(new[] { "Issued" }), "the CA's event ends it");
        applicant.Dispose();
    }

    [Test]
    public async Task After_revocation_the_holder_may_ask_for_another() // S0-68, R-108
    {
        var (applicant, request, serial) = await Issued();
        DateTimeOffset now = Registration.Cluster.Clock.GetUtcNow();
        // The CA's event, by way of the real broker; a suspension first, which ends nothing.
        await Registration.Database.DataSource.InTransactionAsync(async tx =>
        {
            await Outbox.AddAsync(tx, Guid.CreateVersion7(), new CertificateStatusChanged(serial, applicant.CustomerId, null, "suspended", 6, now), now, CancellationToken.None);
            await Outbox.AddAsync(tx, Guid.CreateVersion7(), new CertificateStatusChanged(serial, applicant.CustomerId, null, "revoked", 4, now), now, CancellationToken.None);
        }, CancellationToken.None);
        await applicant.UntilAsync(request, "Ended");
        Guid next = await applicant.ApplyAsync();
        Assert.That(next, Is.Not.EqualTo(request));
        await applicant.UntilAsync(next, "Issued");
        Assert.That((await Registration.StatesAsync(request)).Count(s => s == "Ended"), Is.EqualTo(1));
        applicant.Dispose();
    }
}
