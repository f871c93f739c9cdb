using System.Net;
using System.Text.Json;
using Pechat.Hosting.Jose;
using Pechat.Testing;

namespace Pechat.Identity.Tests.Office;

internal sealed class OfficeTests : IdentityTestBase
{
    private static readonly Guid First = IdentityFixture.FirstOperator, Second = IdentityFixture.SecondOperator, Security = IdentityFixture.SecurityOfficer;

    private async Task<Phone> Suspended()
    {
        Phone phone = Identity.NewPhone();
        await phone.RegisterAsync();
        Assert.That(await phone.VerifyAsync(IdentityFixture.NewEgn(), "AA123456S"), Is.EqualTo("suspended"));
        return phone;
    }

    private Task<HttpResponseMessage> Decide(Phone phone, Guid officer, string outcome, string? category = null, string? reason = "compared by video call") =>
        Identity.PostAsync($"/identity/v1/office/verifications/{phone.VerificationId}/decision", new { outcome, category, reason }, Identity.OfficeToken(officer));

    private async Task<string?> Decided(Phone phone, Guid officer, string outcome, string? category = null) =>
        (await Phone.Json(await Decide(phone, officer, outcome, category))).GetProperty("state").GetString();

    private Task<HttpResponseMessage> Act(string path, Guid officer, string? reason = "reported as stolen") =>
        Identity.PostAsync("/identity/v1/office/" + path, new { reason }, Identity.OfficeToken(officer));

    [Test]
    [Requirement("S3-11")]
    public async Task Two_operators_make_a_suspended_case_positive_and_the_phone_can_be_bound()
    {
        using Phone phone = await Suspended();
        Assert.That(await Decided(phone, First, "positive"), Is.EqualTo("proposed"));
        Assert.That((await phone.VerificationAsync()).GetProperty("state").GetString(), Is.EqualTo("suspended"));
        Assert.That(await Decided(phone, Second, "positive"), Is.EqualTo("positive"));
        string assertion = (await Identity.QueryAsync<string>("select assertion from verification where id = @VerificationId", phone)).Single();
        Assert.That(CompactJws.Parse(assertion).Has("sub", phone.CustomerId.ToString()), Is.True);
        Assert.That((await phone.BindAsync()).StatusCode, Is.EqualTo(HttpStatusCode.Created));
        JsonElement content = JsonElement.Parse((await Identity.QueryAsync<string>(
            "select content from verification_evidence where verification_id = @VerificationId and kind = 'decided' order by at desc limit 1", phone)).Single());
        Assert.That(content.GetProperty("before").GetString(), Is.EqualTo("SuspendedUntilClarification"));
        Assert.That(content.GetProperty("evidence").GetProperty("reason").GetString(), Is.EqualTo("compared by video call"));
        Assert.That(content.GetProperty("evidence").GetProperty("proposedBy").GetGuid(), Is.EqualTo(First));
    }

    [Test]
    public async Task One_operator_alone_decides_nothing_and_a_different_view_begins_anew()
    {
        using Phone phone = await Suspended();
        Assert.That(await Decided(phone, First, "positive"), Is.EqualTo("proposed"));
        await Refused(await Decide(phone, First, "positive"), HttpStatusCode.Conflict, "second_officer_needed");
        Assert.That(await Decided(phone, Second, "negative", "person_mismatch"), Is.EqualTo("proposed"));
        Assert.That(await Decided(phone, First, "negative", "person_mismatch"), Is.EqualTo("negative"));
        Assert.That((await phone.VerificationAsync()).GetProperty("reason").GetString(), Is.EqualTo("person_mismatch"));
        await Refused(await Decide(phone, Second, "positive"), HttpStatusCode.Conflict, "illegal_state");
    }

    [Test]
    public async Task A_new_answer_of_the_customer_puts_a_proposal_aside()
    {
        using Phone phone = await Suspended();
        await Decided(phone, First, "negative", "not_accepted");
        await Identity.PostAsync($"/identity/v1/verifications/{phone.VerificationId}/clarification", new { text = "look again S" }, phone.EnrolmentToken);
        await Eventually.HoldsAsync(async () => (await phone.VerificationAsync()).GetProperty("state").GetString() == "suspended", "it is asked again");
        Assert.That(await Decided(phone, Second, "negative", "not_accepted"), Is.EqualTo("proposed"));
    }

    [Test]
    public async Task Only_named_operators_decide_with_a_reason_and_not_about_themselves()
    {
        using Phone phone = await Suspended();
        await Refused(await Decide(phone, Security, "positive"), HttpStatusCode.Forbidden, "access_denied");
        await Refused(await Decide(phone, Guid.NewGuid(), "positive"), HttpStatusCode.Forbidden, "access_denied");
        await Refused(await Decide(phone, First, "positive", reason: " "), HttpStatusCode.BadRequest, "reason_needed");
        await Refused(await Decide(phone, First, "negative", "because"), HttpStatusCode.BadRequest, "invalid_request");
        await Refused(await Identity.PostAsync($"/identity/v1/office/verifications/{phone.VerificationId}/decision",
            new { outcome = "positive", reason = "myself" }, phone.EnrolmentToken), HttpStatusCode.Forbidden, "insufficient_scope");
    }

    [Test]
    public async Task An_operator_sees_cases_with_masked_numbers_and_looking_at_evidence_is_recorded()
    {
        using Phone phone = await Suspended();
        HttpResponseMessage list = await Identity.GetAsync("/identity/v1/office/verifications", Identity.OfficeToken(First));
        JsonElement item = (await Phone.Json(list)).EnumerateArray().Single(i => i.GetProperty("id").GetGuid() == phone.VerificationId);
        Assert.That(item.GetProperty("nationalId").GetString(), Is.EqualTo("850312****"));
        JsonElement shown = await Phone.Json(await Identity.GetAsync($"/identity/v1/office/verifications/{phone.VerificationId}", Identity.OfficeToken(First)));
        Assert.That(shown.GetProperty("evidence").EnumerateArray().Select(e => e.GetProperty("kind").GetString()), Is.EqualTo(new[] { "submitted", "decided" }));
        Assert.That(await Identity.QueryAsync<string>("select actor from verification_evidence where verification_id = @VerificationId and kind = 'viewed'", phone), Is.EqualTo(new[] { $"officer {First}" }));
        Assert.That(await Identity.QueryAsync<bool>("select visible from history where customer_id = @CustomerId and kind = 'identity.viewed'", phone), Is.EqualTo(new[] { false }));
        await Refused(await Identity.GetAsync("/identity/v1/office/verifications", Identity.OfficeToken(Security)), HttpStatusCode.Forbidden, "access_denied");
    }

    [Test]
    public async Task A_security_officer_locks_and_after_identification_opens_a_profile()
    {
        string egn = IdentityFixture.NewEgn();
        using Phone phone = await Identity.NewPhone().EnrolAsync(egn);
        string customer = $"customers/{phone.CustomerId}/";
        await Refused(await Act(customer + "lock", First), HttpStatusCode.Forbidden, "access_denied");
        await Refused(await Act(customer + "lock", Security, "no"), HttpStatusCode.BadRequest, "reason_needed");
        Assert.That((await Act(customer + "lock", Security)).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(await Identity.StateAsync(phone.CustomerId), Is.EqualTo(new[] { "Locked" }));
        await Refused(await Act(customer + "unlock", Security), HttpStatusCode.Conflict, "not_verified");
        Identity.Cluster.Clock.Advance(TimeSpan.FromMinutes(16));
        using Phone next = phone.Replacement();
        await next.RegisterAsync();
        Assert.That(await next.VerifyAsync(egn), Is.EqualTo("positive"));
        await Refused(await Identity.PostAsync("/identity/v1/me/unlock", new { verificationId = next.VerificationId }, next.EnrolmentToken), HttpStatusCode.Forbidden, "locked_by_office");
        Assert.That((await Act(customer + "unlock", Security)).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(await Identity.StateAsync(phone.CustomerId), Is.EqualTo(new[] { "Active" }));
        Assert.That((await Identity.QueryAsync<string>("select actor from history where customer_id = @CustomerId and kind like 'profile.%locked' order by at", phone)), Is.All.EqualTo($"officer {Security}"));
    }

    [Test]
    public async Task A_security_officer_closes_a_locked_profile() // SM-1
    {
        using Phone phone = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());
        await Act($"customers/{phone.CustomerId}/lock", Security);
        await Refused(await Act($"customers/{phone.CustomerId}/close", First), HttpStatusCode.Forbidden, "access_denied");
        Assert.That((await Act($"customers/{phone.CustomerId}/close", Security)).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await Act($"customers/{phone.CustomerId}/close", Security)).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(await Identity.StateAsync(phone.CustomerId), Is.EqualTo(new[] { "Closed" }));
        Assert.That((await Identity.EventsAsync(phone.CustomerId)).Count(e => e == "customer-closed.v1"), Is.EqualTo(1));
        Assert.That(Identity.Detached, Does.Contain(phone.DeviceId));
        await Refused(await Act($"customers/{Guid.NewGuid()}/close", Security), HttpStatusCode.NotFound, "unknown_customer");
    }

    [Test]
    public async Task A_security_officer_detaches_a_device()
    {
        using Phone phone = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());
        await Refused(await Act($"devices/{phone.DeviceId}/detach", First), HttpStatusCode.Forbidden, "access_denied");
        Assert.That((await Act($"devices/{phone.DeviceId}/detach", Security)).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(Identity.Detached, Does.Contain(phone.DeviceId));
        await NoLonger(await phone.GetAsync("/me"));
        await Refused(await Act($"devices/{Guid.NewGuid()}/detach", Security), HttpStatusCode.NotFound, "unknown_device");
    }
}
