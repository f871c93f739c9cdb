using System.Net;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Pechat.Contracts;
using Pechat.Contracts.Events.Signing;
using Pechat.Testing;

namespace Pechat.Identity.Tests.Devices;

internal sealed class PinTests : IdentityTestBase
{
    private string _egn = "";
    private Phone _phone = null!;

    [SetUp]
    public async Task Enrol() => _phone = await Identity.NewPhone().EnrolAsync(_egn = IdentityFixture.NewEgn());

    [TearDown]
    public void End() => _phone.Dispose();

    private async Task<string> State() => (await Identity.QueryAsync<string>("select state from device where id = @DeviceId", _phone)).Single();

    private Task Publish(DateTimeOffset at, Guid? id = null) => Identity.Service.Services.GetRequiredService<IBus>()
        .Publish(new WrongPinsEntered(_phone.CustomerId, _phone.DeviceId, at), context => context.MessageId = id ?? Guid.NewGuid());

    /// <summary>Contacts confirmed and identity verified again, naming the phone's own key.</summary>
    private async Task Reidentify()
    {
        Identity.Cluster.Clock.Advance(TimeSpan.FromMinutes(16));
        await _phone.RegisterAsync();
        Assert.That(await _phone.VerifyAsync(_egn), Is.EqualTo("positive"));
    }

    [Test]
    public async Task The_phone_sets_a_new_pin_with_the_present_one()
    {
        Assert.That((await _phone.SetPinAsync("present.pin")).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        var set = Identity.PinsSet.Single(p => p.DeviceId == _phone.DeviceId.ToString());
        Assert.That((set.OwnerId, set.Pin, set.CurrentPin), Is.EqualTo((_phone.CustomerId.ToString(), _phone.Pin, "present.pin")));
        Assert.That((await Identity.HistoryAsync(_phone.CustomerId))[^1], Is.EqualTo("pin.changed"));
        Assert.That((await Identity.EventsAsync(_phone.CustomerId))[^1], Is.EqualTo("pin-changed.v1"));
    }

    [Test]
    public async Task Five_wrong_pins_lock_the_device_and_only_identification_opens_it() // SM-2, AC-153
    {
        await Publish(Identity.Cluster.Clock.GetUtcNow());
        await Eventually.HoldsAsync(async () => await State() == "PinLocked", "the device is locked");
        Assert.That((await Identity.EventsAsync(_phone.CustomerId))[^1], Is.EqualTo("device-pin-locked.v1"));
        await Refused(await _phone.AskForTokenAsync(), HttpStatusCode.BadRequest, "invalid_grant");
        await Refused(await _phone.SetPinAsync("present.pin"), HttpStatusCode.Forbidden, "device_locked");
        await Refused(await _phone.SetPinAsync("present.pin", token: _phone.EnrolmentToken), HttpStatusCode.Forbidden, "access_denied");
        await Refused(await _phone.SetPinAsync(null, verified: true, token: _phone.EnrolmentToken), HttpStatusCode.Forbidden, "not_verified");
        await Reidentify();
        Assert.That((await _phone.SetPinAsync(null, verified: true, token: _phone.EnrolmentToken)).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(await State(), Is.EqualTo("Active"));
        Assert.That(Identity.PinsSet.Last(p => p.DeviceId == _phone.DeviceId.ToString()).Verification, Is.Not.Empty);
        Assert.That((await Identity.HistoryAsync(_phone.CustomerId))[^1], Is.EqualTo("pin.reset"));
        await _phone.LogInAsync();
    }

    [Test]
    public async Task News_of_a_lock_from_before_the_reset_comes_too_late()
    {
        DateTimeOffset before = Identity.Cluster.Clock.GetUtcNow();
        Identity.Cluster.Clock.Advance(TimeSpan.FromSeconds(5));
        await _phone.SetPinAsync("present.pin");
        Guid late = Guid.NewGuid();
        await Publish(before, late);
        await Eventually.HoldsAsync(async () => (await Identity.QueryAsync<int>("select 1 from inbox where message_id = @late", new { late })).Length == 1, "it is taken");
        Assert.That(await State(), Is.EqualTo("Active"));
    }

    [Test]
    public async Task What_the_SAM_says_of_wrong_pins_reaches_the_phone_and_the_last_one_locks()
    {
        Identity.SamFails = FaultException.Unauthenticated("invalid_pin", "wrong");
        await Refused(await _phone.SetPinAsync("wrong.pin"), HttpStatusCode.Unauthorized, "invalid_pin");
        Assert.That(await State(), Is.EqualTo("Active"));
        Identity.SamFails = FaultException.Forbidden("device_locked", "locked");
        await Refused(await _phone.SetPinAsync("wrong.pin"), HttpStatusCode.Forbidden, "device_locked");
        Assert.That(await State(), Is.EqualTo("PinLocked"));
    }

    [Test]
    public async Task A_proof_for_something_else_or_by_another_phone_is_refused()
    {
        await Refused(await _phone.SetPinAsync("present.pin", audience: "pechat-sam"), HttpStatusCode.Forbidden, "invalid_proof");
        await Refused(await _phone.SetPinAsync(null), HttpStatusCode.BadRequest, "invalid_request");
        using Phone other = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());
        await Refused(await _phone.SetPinAsync("present.pin", token: other.DeviceToken), HttpStatusCode.Forbidden, "access_denied");
        Assert.That(Identity.PinsSet.Any(p => p.DeviceId == _phone.DeviceId.ToString()), Is.False);
    }
}
