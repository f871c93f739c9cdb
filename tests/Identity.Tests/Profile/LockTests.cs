using System.Net;
using System.Security.Cryptography;
using System.Text.Json;

namespace Pechat.Identity.Tests.Profile;

internal sealed class LockTests : IdentityTestBase
{
    private string _egn = "";
    private Phone _phone = null!;

    [SetUp]
    public async Task Enrol() => _phone = await Identity.NewPhone().EnrolAsync(_egn = IdentityFixture.NewEgn());

    [TearDown]
    public void End() => _phone.Dispose();

    private async Task<string> State() => (await Identity.StateAsync(_phone.CustomerId)).Single();

    private Task<HttpResponseMessage> Lock(ECDsa? key = null) => _phone.PostAsync("/me/lock", new { reason = "stolen", proof = _phone.Proof("lock", null, key) });

    private Task<HttpResponseMessage> Close(ECDsa? key = null) => _phone.PostAsync("/me/close", new { proof = _phone.Proof("close", null, key) });

    /// <summary>A new phone in the same hands, whose holder was identified again.</summary>
    private async Task<Phone> Reidentified()
    {
        Identity.Cluster.Clock.Advance(TimeSpan.FromMinutes(16)); // codes of this quarter of an hour are spent
        Phone next = _phone.Replacement();
        await next.RegisterAsync();
        Assert.That(await next.VerifyAsync(_egn), Is.EqualTo("positive"));
        return next;
    }

    private Task<HttpResponseMessage> Unlock(Phone phone) => Identity.PostAsync("/identity/v1/me/unlock", new { verificationId = phone.VerificationId }, phone.EnrolmentToken);

    [Test]
    public async Task A_locked_profile_gets_no_tokens_and_its_logins_end()
    {
        Assert.That((await Lock()).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(await State(), Is.EqualTo("Locked"));
        await Refused(await _phone.AskForTokenAsync(), HttpStatusCode.BadRequest, "invalid_grant");
        Assert.That((await Identity.EventsAsync(_phone.CustomerId))[^1], Is.EqualTo("customer-locked.v1"));
        Assert.That((await Identity.HistoryAsync(_phone.CustomerId))[^1], Is.EqualTo("profile.locked"));
    }

    [Test]
    public async Task Only_the_phone_itself_locks_or_closes_with_its_token()
    {
        using ECDsa stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await Refused(await Lock(stranger), HttpStatusCode.Forbidden, "invalid_proof");
        await Refused(await Close(stranger), HttpStatusCode.Forbidden, "invalid_proof");
        await Refused(await _phone.PostAsync("/me/close", new { proof = _phone.Proof("lock") }), HttpStatusCode.Forbidden, "invalid_proof");
        Assert.That(await State(), Is.EqualTo("Active"));
    }

    [Test]
    public async Task Reidentification_opens_a_locked_profile() // SM-1
    {
        await Lock();
        using Phone next = await Reidentified();
        Assert.That(await State(), Is.EqualTo("Locked"), "to be identified alone changes nothing");
        Assert.That((await Unlock(next)).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await Unlock(next)).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(await State(), Is.EqualTo("Active"));
        Assert.That((await Identity.EventsAsync(_phone.CustomerId)).Count(e => e == "customer-unlocked.v1"), Is.EqualTo(1));
    }

    [Test]
    public async Task An_identification_from_before_the_lock_does_not_open_it()
    {
        using Phone next = await Reidentified();
        await _phone.LogInAsync();
        await Lock();
        await Refused(await Unlock(next), HttpStatusCode.Forbidden, "not_verified");
    }

    [Test]
    public async Task What_staff_has_locked_the_customer_does_not_open()
    {
        await Lock();
        await Identity.QueryAsync<int>("update customer set locked_by = 'office' where id = @CustomerId returning 1", _phone);
        using Phone next = await Reidentified();
        await Refused(await Unlock(next), HttpStatusCode.Forbidden, "locked_by_office");
    }

    [Test]
    public async Task While_the_profile_is_locked_no_phone_is_bound()
    {
        await Lock();
        using Phone next = await Reidentified();
        await Refused(await next.BindAsync(), HttpStatusCode.Conflict, "profile_locked");
        await Unlock(next);
        await Phone.Json(await next.BindAsync());
    }

    [Test]
    public async Task Closing_ends_all_devices_and_is_for_ever()
    {
        using Phone second = await Reidentified();
        await Phone.Json(await second.BindAsync());
        await _phone.LogInAsync();
        Assert.That((await Close()).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(await State(), Is.EqualTo("Closed"));
        Assert.That(Identity.Detached, Does.Contain(_phone.DeviceId).And.Contain(second.DeviceId));
        Assert.That(await Identity.QueryAsync<string>("select state from device where customer_id = @CustomerId", _phone), Is.All.EqualTo("Detached"));
        Assert.That((await Identity.EventsAsync(_phone.CustomerId))[^3..], Is.EquivalentTo(new[] { "device-detached.v1", "device-detached.v1", "customer-closed.v1" }));
        await Refused(await _phone.AskForTokenAsync(), HttpStatusCode.BadRequest, "invalid_grant");
        await NoLonger(await _phone.GetAsync("/me"));
    }

    [Test]
    public async Task When_the_SAM_is_away_nothing_is_closed_and_the_same_request_works_later()
    {
        Identity.SamFails = IdentityFixture.Down;
        await Refused(await Close(), HttpStatusCode.ServiceUnavailable, "temporarily_unavailable");
        Assert.That(await State(), Is.EqualTo("Active"));
        Identity.SamFails = null;
        Assert.That((await Close()).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
    }

    [Test]
    public async Task After_closing_the_same_person_may_begin_anew()
    {
        await Close();
        using Phone next = await Reidentified();
        Assert.That(next.CustomerId, Is.Not.EqualTo(_phone.CustomerId));
        Assert.That((await next.AcceptTermsAsync()).IsSuccessStatusCode, Is.True);
        JsonElement bound = await Phone.Json(await next.BindAsync());
        Assert.That(bound.GetProperty("profileState").GetString(), Is.EqualTo("Active"));
    }
}
