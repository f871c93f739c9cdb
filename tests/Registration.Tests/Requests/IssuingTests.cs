using System.Text.Json;
using Pechat.Contracts;
using Pechat.Testing;

namespace Pechat.Registration.Tests.Requests;

/// <summary>The issuer beside the requests: death at every step, peers that are away, several replicas.</summary>
internal sealed class IssuingTests : RegistrationTestBase
{
    private const int WorkerCrashed = 131;

    [TestCase("before-key", 0, 0)]
    [TestCase("after-key", 1, 0)]
    [TestCase("before-certificate", 1, 0)]
    [TestCase("after-certificate", 1, 1)]
    public async Task A_worker_that_dies_at_any_step_is_followed_by_one_that_goes_on(string step, int keys, int certificates)
    {
        Registration.Cluster.Logs.ExpectError(WorkerCrashed);
        Registration.Trouble[step] = new InvalidOperationException("the process dies here");
        using Applicant applicant = Registration.NewApplicant();
        Guid id = await applicant.ApplyAsync();
        await Eventually.HoldsAsync(() => Registration.Trouble.IsEmpty, "the worker died");
        await Task.Delay(300);
        Assert.That((Registration.Keys.ContainsKey(id), Registration.Certificates.ContainsKey(id)), Is.EqualTo((keys == 1, certificates == 1)));
        Assert.That((await Applicant.Json(await applicant.GetAsync(id))).GetProperty("state").GetString(), Is.EqualTo("Issuing"), "its claim still stands");
        Registration.Cluster.Clock.Advance(TimeSpan.FromSeconds(61));
        JsonElement issued = await applicant.UntilAsync(id, "Issued");
        Assert.That(issued.GetProperty("serial").GetString(), Is.EqualTo(Registration.Certificates[id]));
        Assert.That(issued.GetProperty("credentialId").GetGuid(), Is.EqualTo(Registration.Keys[id]));
        Assert.That(await Registration.StatesAsync(id), Is.EqualTo(new[] { "DataConfirmationPending", "AgreementSigned", "Issuing", "Issued" }));
    }

    [TestCase("before-key")]
    [TestCase("before-certificate")]
    public async Task While_a_peer_is_away_the_request_waits(string step)
    {
        Registration.Trouble[step] = FaultException.Unavailable("temporarily_unavailable", "a service that is needed does not answer");
        using Applicant applicant = Registration.NewApplicant();
        Guid id = await applicant.ApplyAsync();
        await Eventually.HoldsAsync(() => Registration.Trouble.IsEmpty, "the peer was asked");
        Registration.Cluster.Clock.Advance(TimeSpan.FromSeconds(5));
        await applicant.UntilAsync(id, "Issued");
    }

    [Test]
    public async Task What_the_CA_refuses_is_rejected_with_its_reason_and_may_be_asked_for_again()
    {
        Registration.IssuerRefuses = FaultException.Invalid("lint_failed", "the subject does not fit the profile");
        using Applicant applicant = Registration.NewApplicant();
        Guid id = await applicant.ApplyAsync();
        JsonElement rejected = await applicant.UntilAsync(id, "Rejected");
        Assert.That(rejected.GetProperty("failure").GetString(), Is.EqualTo("lint_failed"));
        Registration.IssuerRefuses = null;
        await applicant.UntilAsync(await applicant.ApplyAsync(), "Issued");
    }

    [Test]
    public async Task Several_replicas_issue_every_request_once()
    {
        await using TestService second = await Registration.StartReplicaAsync();
        Applicant[] applicants = [.. Enumerable.Range(0, 12).Select(_ => Registration.NewApplicant())];
        Guid[] ids = await Task.WhenAll(applicants.Select(a => a.ApplyAsync()));
        for (int i = 0; i < ids.Length; i++)
        {
            await applicants[i].UntilAsync(ids[i], "Issued");
            Assert.That(await Registration.StatesAsync(ids[i]), Has.Length.EqualTo(4));
            applicants[i].Dispose();
        }
        Assert.That(ids.Select(id => Registration.Certificates[id]).Distinct().Count(), Is.EqualTo(ids.Length));
    }
}
