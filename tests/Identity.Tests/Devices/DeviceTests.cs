using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Dapper;
using Npgsql;
using Pechat.Testing;

namespace Pechat.Identity.Tests.Devices;

internal sealed class DeviceTests : IdentityTestBase
{
    private async Task<Phone> Verified()
    {
        Phone phone = Identity.NewPhone();
        await phone.RegisterAsync();
        Assert.That(await phone.VerifyAsync(IdentityFixture.NewEgn()), Is.EqualTo("positive"));
        Assert.That((await phone.AcceptTermsAsync()).IsSuccessStatusCode, Is.True);
        return phone;
    }

    private async Task<string[]> Events(Guid customer)
    {
        await using NpgsqlConnection db = await Identity.Database.DataSource.OpenConnectionAsync();
        return [.. await db.QueryAsync<string>("select type from outbox where body->>'customerId' = @id and type <> 'verification-decided.v1' order by sequence", new { id = customer.ToString() })];
    }

    private async Task<string> CustomerState(Guid customer)
    {
        await using NpgsqlConnection db = await Identity.Database.DataSource.OpenConnectionAsync();
        return await db.QuerySingleAsync<string>("select state from customer where id = @customer", new { customer });
    }

    [Test]
    [Requirement("S0-35")]
    public async Task Binding_the_first_phone_enrols_it_in_the_SAM_and_activates_the_profile()
    {
        using Phone phone = await Verified();
        await Phone.Json(await phone.BindAsync());
        var enrolled = Identity.Enrolled.Single(e => e.DeviceId == phone.DeviceId.ToString());
        Assert.That(enrolled.OwnerId, Is.EqualTo(phone.CustomerId.ToString()));
        Assert.That(enrolled.Pin, Is.EqualTo(phone.Pin));
        Assert.That(enrolled.Verification, Is.Not.Empty);
        Assert.That(await CustomerState(phone.CustomerId), Is.EqualTo("Active"));
        Assert.That(await Events(phone.CustomerId), Is.EqualTo(new[] { "device-bound.v1", "customer-activated.v1" }));
    }

    [Test]
    public async Task The_events_reach_the_broker()
    {
        using Phone phone = await Verified();
        await Phone.Json(await phone.BindAsync());
        await Eventually.HoldsAsync(async () =>
        {
            await using NpgsqlConnection db = await Identity.Database.DataSource.OpenConnectionAsync();
            return await db.QuerySingleAsync<int>("select count(*) from outbox where body->>'customerId' = @id and type <> 'verification-decided.v1' and sent_at is not null", new { id = phone.CustomerId.ToString() }) == 2;
        }, "the relay has published both");
    }

    [Test]
    public async Task After_a_failure_of_the_SAM_the_same_request_binds_the_phone_once()
    {
        using Phone phone = await Verified();
        Identity.SamFails = IdentityFixture.Down;
        await Refused(await phone.BindAsync(), HttpStatusCode.ServiceUnavailable, "temporarily_unavailable");
        Assert.That(await CustomerState(phone.CustomerId), Is.EqualTo("Identified"));
        Assert.That(await Events(phone.CustomerId), Is.Empty);
        Identity.SamFails = null;
        await Phone.Json(await phone.BindAsync());
        await Phone.Json(await phone.BindAsync());
        Assert.That(await Events(phone.CustomerId), Has.Length.EqualTo(2));
    }

    [Test]
    public async Task Several_requests_at_once_bind_the_phone_once()
    {
        using Phone phone = await Verified();
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => phone.BindAsync()));
        Assert.That(answers.Select(a => a.StatusCode), Is.All.EqualTo(HttpStatusCode.Created));
        Assert.That(await Events(phone.CustomerId), Has.Length.EqualTo(2));
    }

    [Test]
    public async Task A_refusal_of_the_SAM_reaches_the_phone()
    {
        using Phone phone = await Verified();
        Identity.SamFails = Contracts.FaultException.Forbidden("invalid_evidence", "no");
        await Refused(await phone.BindAsync(), HttpStatusCode.Forbidden, "invalid_evidence");
        Assert.That(await CustomerState(phone.CustomerId), Is.EqualTo("Identified"));
    }

    [Test]
    public async Task A_key_that_was_not_verified_is_refused()
    {
        using Phone verified = await Verified();
        using Phone other = Identity.NewPhone();
        HttpResponseMessage answer = await Identity.PostAsync("/identity/v1/devices", new
        {
            deviceId = other.DeviceId, publicKey = other.Jwk, name = "x", platform = "web", verificationId = verified.VerificationId, pin = "p",
            proof = Hosting.Jose.CompactJws.Sign(new
            {
                aud = "pechat-sam", sub = verified.CustomerId, device = other.DeviceId, iat = Identity.Now,
                pin_hash = System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData("p"u8)),
            }, other.Key),
        }, verified.EnrolmentToken);
        await Refused(answer, HttpStatusCode.Forbidden, "not_verified");
    }

    [Test]
    public async Task A_proof_by_another_key_or_over_another_pin_is_refused()
    {
        using Phone phone = await Verified();
        using ECDsa stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await Refused(await phone.BindAsync(key: stranger), HttpStatusCode.Forbidden, "invalid_proof");
        await Refused(await phone.BindAsync(pinHash: "AAAA"), HttpStatusCode.Forbidden, "invalid_proof");
        Assert.That(Identity.Enrolled.Any(e => e.DeviceId == phone.DeviceId.ToString()), Is.False);
    }

    [Test]
    public async Task Detaching_ends_the_devices_authority_at_once()
    {
        using Phone phone = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());
        Assert.That((await Identity.DeleteAsync($"/identity/v1/devices/{phone.DeviceId}", phone.DeviceToken)).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(Identity.Detached, Does.Contain(phone.DeviceId));
        await NoLonger(await Identity.GetAsync("/identity/v1/me", phone.DeviceToken));
        await NoLonger(await Identity.GetAsync("/identity/v1/logins", phone.DeviceToken));
        await Refused(await phone.AskForTokenAsync(), HttpStatusCode.BadRequest, "invalid_grant");
        await Refused(await phone.BindAsync(), HttpStatusCode.Conflict, "device_exists");
        Assert.That((await Events(phone.CustomerId))[^1], Is.EqualTo("device-detached.v1"));
    }

    [Test]
    public async Task When_the_SAM_is_away_nothing_is_detached()
    {
        using Phone phone = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());
        Identity.SamFails = IdentityFixture.Down;
        await Refused(await Identity.DeleteAsync($"/identity/v1/devices/{phone.DeviceId}", phone.DeviceToken), HttpStatusCode.ServiceUnavailable, "temporarily_unavailable");
        Assert.That((await Identity.GetAsync("/identity/v1/me", phone.DeviceToken)).StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Nobody_detaches_anothers_device()
    {
        using Phone owner = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());
        using Phone stranger = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());
        await Refused(await Identity.DeleteAsync($"/identity/v1/devices/{owner.DeviceId}", stranger.DeviceToken), HttpStatusCode.NotFound, "unknown_device");
        Assert.That(Identity.Detached, Does.Not.Contain(owner.DeviceId));
    }

    [Test]
    public async Task The_keys_of_the_SAM_are_passed_on()
    {
        JsonElement keys = await Phone.Json(await Identity.GetAsync("/identity/v1/sam-keys"));
        Assert.That(keys.GetProperty("keys").GetArrayLength(), Is.EqualTo(1));
    }

    [Test]
    public async Task The_profile_shows_the_person_with_a_masked_number()
    {
        string egn = IdentityFixture.NewEgn();
        using Phone phone = await Identity.NewPhone().EnrolAsync(egn);
        HttpResponseMessage answer = await Identity.GetAsync("/identity/v1/me", phone.DeviceToken);
        JsonElement profile = await Phone.Json(answer);
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Not.Contain(egn));
        Assert.That(profile.GetProperty("person").GetProperty("nationalId").GetString(), Is.EqualTo("850312****"));
        Assert.That(profile.GetProperty("person").GetProperty("givenNameLatin").GetString(), Is.EqualTo("Ivan"));
        Assert.That(profile.GetProperty("devices")[0].GetProperty("thisDevice").GetBoolean(), Is.True);
        Assert.That(profile.GetProperty("state").GetString(), Is.EqualTo("Active"));
    }

    [Test]
    public async Task A_new_phone_of_the_same_person_is_bound_after_contacts_and_identity_are_confirmed_again()
    {
        string egn = IdentityFixture.NewEgn();
        Phone old = await Identity.NewPhone().EnrolAsync(egn);
        using Phone next = old.Replacement();
        await next.RegisterAsync();
        Assert.That(next.CustomerId, Is.EqualTo(old.CustomerId));
        await Refused(await next.BindAsync(), HttpStatusCode.Forbidden, "not_verified");
        Assert.That(await next.VerifyAsync(egn), Is.EqualTo("positive"));
        await Phone.Json(await next.BindAsync());
        Assert.That((await Events(old.CustomerId)).Count(e => e == "customer-activated.v1"), Is.EqualTo(1));
        old.Dispose();
    }
}
