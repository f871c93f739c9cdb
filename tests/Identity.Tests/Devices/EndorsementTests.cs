using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Pechat.Testing;

namespace Pechat.Identity.Tests.Devices;

internal sealed class EndorsementTests : IdentityTestBase
{
    private Phone _old = null!;
    private Phone _new = null!;

    [SetUp]
    public async Task TwoPhones()
    {
        _old = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());
        Identity.Cluster.Clock.Advance(TimeSpan.FromMinutes(16)); // codes for the contacts of this quarter of an hour
        await _old.LogInAsync();
        _new = _old.Replacement();
        await _new.RegisterAsync();
    }

    [TearDown]
    public void End()
    {
        _old.Dispose();
        _new.Dispose();
    }

    private async Task<string> State(Phone phone) => (await Identity.QueryAsync<string>("select state from device where id = @DeviceId", phone)).Single();

    private async Task<string?> RequestState() =>
        (await Phone.Json(await Identity.GetAsync($"/identity/v1/devices/requests/{_new.DeviceId}", _new.EnrolmentToken))).GetProperty("state").GetString();

    [Test]
    [Requirement("S0-76")]
    public async Task With_the_old_phones_confirmation_a_new_one_needs_no_new_identification() // AC-150
    {
        await Phone.Json(await _new.AskForEndorsementAsync());
        JsonElement waiting = (await Phone.Json(await _old.GetAsync("/devices/requests"))).EnumerateArray().Single();
        Assert.That(waiting.GetProperty("deviceId").GetGuid(), Is.EqualTo(_new.DeviceId));
        Assert.That(waiting.GetProperty("thumbprint").GetString(), Is.EqualTo(Hosting.Jose.EcPublicKey.From(_new.Key).Thumbprint));
        Assert.That(await RequestState(), Is.EqualTo("pending"));
        Assert.That((await _old.EndorseAsync(_new)).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(await RequestState(), Is.EqualTo("endorsed"));
        await Phone.Json(await _new.BindAsync(endorsed: true));
        Assert.That(await RequestState(), Is.EqualTo("bound"));
        Assert.That(Identity.Enrolled.Single(e => e.DeviceId == _new.DeviceId.ToString()).Endorsement, Is.Not.Empty);
        await _new.LogInAsync();
        await _old.LogInAsync();
        JsonElement devices = await Phone.Json(await _new.GetAsync("/devices"));
        Assert.That(devices.EnumerateArray().Select(d => d.GetProperty("id").GetGuid()), Is.EqualTo(new[] { _new.DeviceId, _old.DeviceId }));
        Assert.That(devices[0].GetProperty("endorsedBy").GetGuid(), Is.EqualTo(_old.DeviceId));
    }

    [Test]
    public async Task Without_endorsement_nothing_is_bound()
    {
        await Refused(await _new.BindAsync(endorsed: true), HttpStatusCode.Forbidden, "not_verified");
        await Phone.Json(await _new.AskForEndorsementAsync());
        await Refused(await _new.BindAsync(endorsed: true), HttpStatusCode.Forbidden, "not_verified");
        Assert.That(Identity.Enrolled.Any(e => e.DeviceId == _new.DeviceId.ToString()), Is.False);
    }

    [Test]
    public async Task An_endorsement_of_another_key_or_by_another_is_refused()
    {
        await Phone.Json(await _new.AskForEndorsementAsync());
        using ECDsa stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await Refused(await _old.EndorseAsync(_new, jkt: "another"), HttpStatusCode.Conflict, "illegal_state");
        await Refused(await _old.EndorseAsync(_new, key: stranger), HttpStatusCode.Forbidden, "invalid_proof");
        using Phone other = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());
        await Refused(await other.EndorseAsync(_new), HttpStatusCode.Conflict, "illegal_state");
        Assert.That(await RequestState(), Is.EqualTo("pending"));
    }

    [Test]
    public async Task The_endorsement_of_a_phone_that_was_detached_since_does_not_count()
    {
        await Phone.Json(await _new.AskForEndorsementAsync());
        await _old.EndorseAsync(_new);
        await Identity.DeleteAsync($"/identity/v1/devices/{_old.DeviceId}", _old.DeviceToken);
        await Refused(await _new.BindAsync(endorsed: true), HttpStatusCode.Forbidden, "not_verified");
    }

    [Test]
    public async Task A_request_that_is_declined_or_not_answered_in_fifteen_minutes_has_expired() // SM-2
    {
        await Phone.Json(await _new.AskForEndorsementAsync());
        Assert.That((await _old.PostAsync($"/devices/requests/{_new.DeviceId}/decline", new { proof = _old.Proof("decline-device", new { device = _new.DeviceId }) })).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(await State(_new), Is.EqualTo("Expired"));
        using Phone second = _old.Replacement();
        Identity.Cluster.Clock.Advance(TimeSpan.FromMinutes(16));
        await second.RegisterAsync();
        await _old.LogInAsync();
        await Phone.Json(await second.AskForEndorsementAsync());
        Identity.Cluster.Clock.Advance(TimeSpan.FromMinutes(15));
        await Refused(await _old.EndorseAsync(second), HttpStatusCode.Unauthorized, "invalid_token"); // the phone's token is over as well
        await _old.LogInAsync();
        await Refused(await _old.EndorseAsync(second), HttpStatusCode.Conflict, "illegal_state");
        await Eventually.HoldsAsync(async () => await State(second) == "Expired", "the sweep ends it", 30);
        Assert.That((await Identity.HistoryAsync(_old.CustomerId)).Count(k => k == "device.expired"), Is.EqualTo(2));
    }

    [Test]
    public async Task Five_requests_within_an_hour_are_the_most()
    {
        for (int i = 0; i < 5; i++)
        {
            using Phone each = _old.Replacement();
            each.Continue(_new);
            await Phone.Json(await each.AskForEndorsementAsync());
        }
        await Refused(await _new.AskForEndorsementAsync(), HttpStatusCode.TooManyRequests, "too_many_requests");
    }

    [Test]
    public async Task Without_another_phone_there_is_nobody_to_ask()
    {
        await Identity.DeleteAsync($"/identity/v1/devices/{_old.DeviceId}", _old.DeviceToken);
        await Refused(await _new.AskForEndorsementAsync(), HttpStatusCode.Conflict, "no_device");
    }

    [Test]
    public async Task A_new_phone_can_take_the_place_of_the_old_one() // SM-2 Replaced
    {
        await Phone.Json(await _new.AskForEndorsementAsync());
        await _old.EndorseAsync(_new);
        await Phone.Json(await _new.BindAsync(endorsed: true, replaces: [_old.DeviceId]));
        await Phone.Json(await _new.BindAsync(endorsed: true, replaces: [_old.DeviceId]));
        Assert.That(await State(_old), Is.EqualTo("Replaced"));
        Assert.That(Identity.Detached, Does.Contain(_old.DeviceId));
        Assert.That((await Identity.EventsAsync(_old.CustomerId)).Count(e => e == "device-detached.v1"), Is.EqualTo(1));
        await Refused(await _old.AskForTokenAsync(), HttpStatusCode.BadRequest, "invalid_grant");
    }

    [Test]
    public async Task Nobody_replaces_anothers_phone()
    {
        using Phone other = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());
        await Phone.Json(await _new.AskForEndorsementAsync());
        await _old.EndorseAsync(_new);
        await Refused(await _new.BindAsync(endorsed: true, replaces: [other.DeviceId]), HttpStatusCode.NotFound, "unknown_device");
        Assert.That(await State(other), Is.EqualTo("Active"));
    }

    [Test]
    public async Task After_a_failure_of_the_SAM_the_same_request_binds_once()
    {
        await Phone.Json(await _new.AskForEndorsementAsync());
        await _old.EndorseAsync(_new);
        Identity.SamFails = IdentityFixture.Down;
        await Refused(await _new.BindAsync(endorsed: true), HttpStatusCode.ServiceUnavailable, "temporarily_unavailable");
        Identity.SamFails = null;
        await Phone.Json(await _new.BindAsync(endorsed: true));
        await Phone.Json(await _new.BindAsync(endorsed: true));
        Assert.That((await Identity.EventsAsync(_old.CustomerId)).Count(e => e == "device-bound.v1"), Is.EqualTo(2)); // the old and the new one
    }
}
