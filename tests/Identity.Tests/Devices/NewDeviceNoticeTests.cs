using System.Net;
using System.Text.Json;
using Grpc.Core;
using Pechat.Contracts.Identity.V1;
using Pechat.Testing;

namespace Pechat.Identity.Tests.Devices;

/// <summary>R-125: who has a device already is told of a new one and can say that it is not theirs.</summary>
internal sealed class NewDeviceNoticeTests : IdentityTestBase
{
    private string _egn = "";
    private Phone _old = null!;
    private Phone _new = null!;

    [SetUp]
    public async Task SecondPhoneBoundByIdentification()
    {
        _old = await Identity.NewPhone().EnrolAsync(_egn = IdentityFixture.NewEgn());
        Identity.Cluster.Clock.Advance(TimeSpan.FromMinutes(16));
        _new = _old.Replacement();
        await _new.RegisterAsync();
        await _new.VerifyAsync(_egn);
        await Phone.Json(await _new.BindAsync());
        await _new.LogInAsync();
        await _old.LogInAsync();
    }

    [TearDown]
    public void End()
    {
        _old.Dispose();
        _new.Dispose();
    }

    private async Task<bool> IsNews(Phone teller, Phone about) => (await Phone.Json(await teller.GetAsync("/devices"))).EnumerateArray()
        .Single(d => d.GetProperty("id").GetGuid() == about.DeviceId).GetProperty("news").GetBoolean();

    private async Task<string> LinkPath()
    {
        var directory = new CustomerDirectory.CustomerDirectoryClient(Identity.Cluster.Channel(Identity.Service, "notifications"));
        NotMeLink link = await directory.GetNotMeLinkAsync(new GetNotMeLinkRequest { DeviceId = _new.DeviceId.ToString() });
        Assert.That(link.Url, Does.StartWith(TestTokens.Issuer + "/identity/v1/not-me/"));
        return new Uri(link.Url).AbsolutePath;
    }

    private async Task<string> State(Phone phone) => (await Identity.QueryAsync<string>("select state from device where id = @DeviceId", phone)).Single();

    private async Task<string> Profile() => (await Identity.StateAsync(_old.CustomerId)).Single();

    [Test]
    public async Task An_old_device_sees_the_new_one_as_news_until_it_is_acknowledged()
    {
        Assert.That(await IsNews(_old, _new), Is.True);
        Assert.That(await IsNews(_new, _old), Is.False);
        await _old.PostAsync($"/devices/{_new.DeviceId}/acknowledge", new { });
        await _old.PostAsync($"/devices/{_new.DeviceId}/acknowledge", new { });
        Assert.That(await IsNews(_old, _new), Is.False);
    }

    [Test]
    public async Task Not_me_in_the_mail_locks_the_profile_and_detaches_the_new_device() // AC-154
    {
        string path = await LinkPath();
        HttpResponseMessage opened = await Identity.GetAsync(path);
        Assert.That(await opened.Content.ReadAsStringAsync(), Does.Contain("<form method=\"post\">"));
        Assert.That(await Profile(), Is.EqualTo("Active"), "to open the link changes nothing");
        Assert.That((await Identity.PostAsync(path, new { })).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await Profile(), Is.EqualTo("Locked"));
        Assert.That(await State(_new), Is.EqualTo("Detached"));
        Assert.That(await State(_old), Is.EqualTo("Active"));
        Assert.That(Identity.Detached, Does.Contain(_new.DeviceId));
        Assert.That((await Identity.EventsAsync(_old.CustomerId))[^2..], Is.EqualTo(new[] { "device-detached.v1", "customer-locked.v1" }));
    }

    [Test]
    public async Task The_link_does_nothing_once_its_device_has_ended()
    {
        string path = await LinkPath();
        await Identity.DeleteAsync($"/identity/v1/devices/{_new.DeviceId}", _old.DeviceToken);
        Assert.That((await Identity.PostAsync(path, new { })).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await Profile(), Is.EqualTo("Active"));
    }

    [Test]
    public async Task A_link_that_we_did_not_make_or_that_is_too_old_does_nothing()
    {
        string path = await LinkPath();
        string forged = path[..^1] + (path[^1] == 'A' ? 'Q' : 'A');
        Assert.That((await Identity.PostAsync(forged, new { })).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((await Identity.PostAsync("/identity/v1/not-me/x", new { })).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Identity.Cluster.Clock.Advance(TimeSpan.FromDays(31));
        Assert.That((await Identity.PostAsync(path, new { })).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await Profile(), Is.EqualTo("Active"));
    }

    [Test]
    public async Task Not_me_on_the_old_phone_does_the_same_when_the_phone_signs_it()
    {
        await Refused(await _old.PostAsync($"/devices/{_new.DeviceId}/not-me", new { proof = _old.Proof("not-me", new { device = _old.DeviceId }) }), HttpStatusCode.Forbidden, "invalid_proof");
        Assert.That((await _old.PostAsync($"/devices/{_new.DeviceId}/not-me", new { proof = _old.Proof("not-me", new { device = _new.DeviceId }) })).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await Profile(), await State(_new)), Is.EqualTo(("Locked", "Detached")));
    }

    [Test]
    public async Task Nobody_alarms_about_anothers_device()
    {
        using Phone other = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());
        await Refused(await other.PostAsync($"/devices/{_new.DeviceId}/not-me", new { proof = other.Proof("not-me", new { device = _new.DeviceId }) }), HttpStatusCode.NotFound, "unknown_device");
        Assert.That(await State(_new), Is.EqualTo("Active"));
    }

    [Test]
    public async Task Only_notifications_gets_links()
    {
        var gateway = new CustomerDirectory.CustomerDirectoryClient(Identity.Cluster.Channel(Identity.Service, "gateway"));
        var refused = Assert.ThrowsAsync<RpcException>(async () => await gateway.GetNotMeLinkAsync(new GetNotMeLinkRequest { DeviceId = _new.DeviceId.ToString() }));
        Assert.That(refused!.StatusCode, Is.EqualTo(StatusCode.PermissionDenied));
        await Task.CompletedTask;
    }

    [Test]
    [Requirement("S0-73")]
    public async Task A_lost_phone_is_detached_from_another_one() // AC-151, R-123
    {
        Assert.That((await Identity.DeleteAsync($"/identity/v1/devices/{_new.DeviceId}", _old.DeviceToken)).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        await NoLonger(await _new.GetAsync("/devices"));
        await Refused(await _new.AskForTokenAsync(), HttpStatusCode.BadRequest, "invalid_grant");
        Assert.That((await Identity.HistoryAsync(_old.CustomerId))[^1], Is.EqualTo("device.detached"));
    }

    [Test]
    [Requirement("S0-74")]
    public async Task A_lost_phone_is_detached_from_a_new_one_after_access_is_restored()
    {
        Assert.That((await Identity.DeleteAsync($"/identity/v1/devices/{_old.DeviceId}", _new.DeviceToken)).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await State(_old), await State(_new)), Is.EqualTo(("Detached", "Active")));
        await Refused(await _old.AskForTokenAsync(), HttpStatusCode.BadRequest, "invalid_grant");
    }

    [Test]
    public async Task A_device_can_be_renamed()
    {
        Assert.That((await Identity.PutAsync($"/identity/v1/devices/{_new.DeviceId}", new { name = "Second" }, _old.DeviceToken)).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        JsonElement devices = await Phone.Json(await _old.GetAsync("/devices"));
        Assert.That(devices[0].GetProperty("name").GetString(), Is.EqualTo("Second"));
        await Refused(await Identity.PutAsync($"/identity/v1/devices/{Guid.NewGuid()}", new { name = "x" }, _old.DeviceToken), HttpStatusCode.NotFound, "unknown_device");
        await Refused(await Identity.PutAsync($"/identity/v1/devices/{_new.DeviceId}", new { name = " " }, _old.DeviceToken), HttpStatusCode.BadRequest, "invalid_request");
    }
}
