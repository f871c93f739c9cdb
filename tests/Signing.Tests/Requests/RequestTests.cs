using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.IdentityModel.Tokens;
using Pechat.Contracts.Events.Identity;
using Pechat.Persistence;
using Pechat.Testing;
using static Pechat.Signing.Tests.SigningHouse;

namespace Pechat.Signing.Tests.Requests;

/// <summary>What the phone sees and decides.</summary>
[TestFixture]
internal sealed class RequestTests : WithCredential
{
    [TearDown]
    public void Restore()
    {
        _house.Module.IsDown = _house.Ledger.IsDown = _house.Ledger.IsEmpty = false;
        _house.Module.AfterActivate = null;
    }

    private Task<Guid> AskAsync(string text, string? description = null)
    {
        JsonObject body = AuthorizeBody(_credential, Digest(text));
        body["description"] = description;
        return _house.AuthorizeAsync(body);
    }

    [Test, Requirement("S0-36")]
    public async Task Phone_sees_who_asks_for_what_at_which_cost_until_when()
    {
        Guid id = await AskAsync("seen", "Договор \"№ 7\" \\ 😀\n\u0001");
        JsonElement shown = (await _house.PhoneAsync(HttpMethod.Get, "")).Body.EnumerateArray().Single(each => each.GetProperty("transactionId").GetGuid() == id);
        Assert.That(shown.GetProperty("client").GetProperty("id").GetString(), Is.EqualTo("app"));
        Assert.That((shown.GetProperty("cost").GetProperty("units").GetInt32(), shown.GetProperty("cost").GetProperty("payer").GetString()), Is.EqualTo((1, "customer")));
        Assert.That(shown.GetProperty("expiresAt").GetDateTimeOffset() - shown.GetProperty("createdAt").GetDateTimeOffset(), Is.EqualTo(TimeSpan.FromMinutes(5)));
        Assert.That(shown.GetProperty("challenge").GetString(), Is.Not.Empty);
        Assert.That(shown.GetProperty("certificate").GetProperty("subject").GetString(), Is.EqualTo("CN=Ivan Testov,O=Test,C=BG"));
        JsonElement document = shown.GetProperty("documents")[0];
        Assert.That(Base64UrlEncoder.DecodeBytes(document.GetProperty("digest").GetString()), Is.EqualTo(Digest("seen")));
        // What JSON.stringify makes of these members (ECMA-262 §25.5.2): non-ASCII as it is, control characters escaped in lower case.
        string text = $$"""{"transaction":"{{id}}","client":"app","description":"Договор \"№ 7\" \\ 😀\n\u0001","kind":"DTBSR","hash_algorithm":"{{Sha256}}","documents":[{"name":"Document 1","digest":"{{document.GetProperty("digest").GetString()}}"}],"credential":"{{_credential}}"}""";
        Assert.That(shown.GetProperty("displayed").GetString(), Is.EqualTo(Base64UrlEncoder.Encode(SHA256.HashData(Encoding.UTF8.GetBytes(text)))));
        Assert.That(_house.Module.Transactions[id].Open.DisplayedHash.ToByteArray(), Is.EqualTo(SHA256.HashData(Encoding.UTF8.GetBytes(text))));
    }

    [Test, Requirement("S0-22")]
    public async Task Nobody_else_sees_confirms_or_declines_a_request()
    {
        Guid id = await AskAsync("private");
        Answer bobs = await _house.PhoneAsync(HttpMethod.Get, "", customer: _house.Bob);
        Assert.That(bobs.Body.GetArrayLength(), Is.Zero);
        Answer confirmed = await _house.ConfirmAsync(id, customer: _house.Bob);
        Answer declined = await _house.PhoneAsync(HttpMethod.Post, $"/{id}/decline", new { }, _house.Bob);
        Assert.That((confirmed.Status, declined.Status), Is.EqualTo((HttpStatusCode.NotFound, HttpStatusCode.NotFound)));
        Answer service = await _house.SendAsync(HttpMethod.Get, "/signing/v1/requests", null, _house.ServiceToken());
        Assert.That(service.Status, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(await _house.StateAsync(id), Is.EqualTo("pending"));
    }

    [Test]
    public async Task Confirming_twice_reserves_once_and_answers_the_same()
    {
        Guid id = await AskAsync("twice");
        int before = _house.Ledger.Reservations;
        Answer first = await _house.ConfirmAsync(id), second = await _house.ConfirmAsync(id);
        Assert.That((first.Text, second.Status), Is.EqualTo((second.Text, HttpStatusCode.OK)));
        Assert.That(_house.Ledger.Reservations, Is.EqualTo(before + 1));
        Assert.That((await _house.PhoneAsync(HttpMethod.Get, "")).Text, Does.Not.Contain(id.ToString()));
    }

    [Test]
    public async Task Confirming_at_the_same_time_activates_once()
    {
        Guid id = await AskAsync("race");
        _house.Module.AfterActivate = () => Task.Delay(300);
        Answer[] answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _house.ConfirmAsync(id)));
        Assert.That(answers.Count(each => each.Status == HttpStatusCode.OK), Is.EqualTo(1));
        Assert.That(answers.Where(each => each.Status != HttpStatusCode.OK).Select(each => each.Error), Is.All.EqualTo("confirmation_running"));
        Assert.That((await _house.ConfirmAsync(id)).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test, Property("Clause", "CSC API v2 credentials/authorizeCheck")]
    public async Task Declined_request_signs_nothing_and_is_told_to_the_client()
    {
        Guid id = await AskAsync("declined");
        for (int i = 0; i < 2; i++)
        {
            Answer declined = await _house.PhoneAsync(HttpMethod.Post, $"/{id}/decline", new { reason = "not mine" });
            Assert.That((declined.Status, declined.Body.GetProperty("state").GetString()), Is.EqualTo((HttpStatusCode.OK, "rejected")), declined.Text);
        }
        Answer check = await _house.CscAsync("credentials/authorizeCheck", new { handle = id });
        Assert.That((check.Status, check.Error, check.Description), Is.EqualTo((HttpStatusCode.BadRequest, "invalid_authentication_data", "The authentication data is invalid")));
        Assert.That((await _house.EventsAsync("signature-ended.v1", id)).Single().GetProperty("outcome").GetString(), Is.EqualTo("rejected"));
        Assert.That(_house.Module.Transactions[id].Closed);
        Assert.That((await _house.ConfirmAsync(id)).Error, Is.EqualTo("request_declined"));
    }

    [Test]
    public async Task Confirmed_request_can_no_longer_be_declined()
    {
        Guid id = await AskAsync("too late");
        await _house.ConfirmAsync(id);
        Answer declined = await _house.PhoneAsync(HttpMethod.Post, $"/{id}/decline", new { });
        Assert.That((declined.Status, declined.Error), Is.EqualTo((HttpStatusCode.Conflict, "request_not_pending")));
    }

    [Test, Requirement("S1-27")]
    public async Task Without_units_nothing_is_activated_and_the_request_stays_open()
    {
        Guid id = await AskAsync("broke");
        _house.Ledger.IsEmpty = true;
        Answer refused = await _house.ConfirmAsync(id);
        Assert.That((refused.Status, refused.Error), Is.EqualTo((HttpStatusCode.TooManyRequests, "no_units")));
        Assert.That((_house.Module.Transactions[id].Activated, await _house.StateAsync(id)), Is.EqualTo((false, "pending")));
        _house.Ledger.IsEmpty = false;
        Assert.That((await _house.ConfirmAsync(id)).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase(FakeActivationModule.WrongPin, HttpStatusCode.Unauthorized, "invalid_pin")]
    [TestCase("forged", HttpStatusCode.Forbidden, "invalid_activation")]
    [TestCase("", HttpStatusCode.BadRequest, "invalid_activation")]
    public async Task Refused_activation_may_be_repeated_and_is_paid_once(string activation, HttpStatusCode status, string code)
    {
        Guid id = await AskAsync("refused" + activation);
        Answer refused = await _house.ConfirmAsync(id, activation);
        Assert.That((refused.Status, refused.Error), Is.EqualTo((status, code)));
        Assert.That((_house.Module.Transactions[id].Activated, await _house.StateAsync(id)), Is.EqualTo((false, "pending")));
        int before = _house.Ledger.Reserved.ContainsKey(id) ? _house.Ledger.Reservations - 1 : _house.Ledger.Reservations;
        Assert.That((await _house.ConfirmAsync(id)).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((_house.Ledger.Reserved.ContainsKey(id), _house.Ledger.Reservations), Is.EqualTo((true, before + 1)));
    }

    [Test]
    public async Task Refused_activation_that_is_not_repeated_gives_its_units_back_when_the_request_ends()
    {
        Guid id = await AskAsync("refused and left");
        await _house.ConfirmAsync(id, FakeActivationModule.WrongPin);
        Assert.That(await _house.EventsAsync("signature-ended.v1", id), Is.Empty);
        _house.Clock.Advance(TimeSpan.FromMinutes(6));
        await Eventually.HoldsAsync(async () => (await _house.EventsAsync("signature-ended.v1", id)).Length == 1, "the event that releases");
    }

    [Test]
    public async Task When_wrong_pins_lock_the_device_identity_hears_of_it() // SM-2
    {
        Guid id = await AskAsync("locked");
        Assert.That((await _house.ConfirmAsync(id, FakeActivationModule.WrongPin)).Status, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await _house.ScalarAsync<int>("select count(*) from public.outbox where type = 'wrong-pins-entered.v1'"), Is.Zero);
        Answer locked = await _house.ConfirmAsync(id, FakeActivationModule.LastWrongPin);
        Assert.That((locked.Status, locked.Error), Is.EqualTo((HttpStatusCode.Forbidden, "device_locked")));
        Assert.That(await _house.ScalarAsync<string>("select body ->> 'customerId' from public.outbox where type = 'wrong-pins-entered.v1'"), Is.EqualTo(_house.Alice.ToString()));
        Assert.That(await _house.StateAsync(id), Is.EqualTo("pending"));
    }

    [Test]
    public async Task Requests_to_a_closed_profile_are_rejected() // SM-1
    {
        Guid id = await AskAsync("closed");
        DateTimeOffset now = _house.Clock.GetUtcNow();
        await _house.Db.InTransactionAsync(tx => Outbox.AddAsync(tx, Guid.NewGuid(), new CustomerClosed(_house.Alice, now), now, CancellationToken.None), CancellationToken.None);
        await Eventually.HoldsAsync(async () => await _house.StateAsync(id) == "rejected", "it is rejected");
        Assert.That((await _house.EventsAsync("signature-ended.v1", id)).Single().GetProperty("outcome").GetString(), Is.EqualTo("rejected"));
    }

    [Test]
    public async Task Oversized_confirmation_is_refused()
    {
        Guid id = await AskAsync("large");
        Assert.That((await _house.ConfirmAsync(id, new string('x', 300_000))).Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That((await _house.ConfirmAsync(id, new string('x', 600_000))).Status, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
    }

    [Test]
    public async Task Module_that_is_down_costs_nothing()
    {
        Guid id = await AskAsync("module down");
        _house.Module.IsDown = true;
        Answer down = await _house.ConfirmAsync(id);
        Assert.That(down.Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(await _house.EventsAsync("signature-created.v1", id), Is.Empty, "only this event charges");
        _house.Module.IsDown = false;
        Assert.That((await _house.ConfirmAsync(id)).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Ledger_that_is_down_activates_nothing()
    {
        Guid id = await AskAsync("ledger down");
        _house.Ledger.IsDown = true;
        Assert.That((await _house.ConfirmAsync(id)).Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(_house.Module.Transactions[id].Activated, Is.False);
    }

    [Test]
    public async Task Crash_after_activation_is_recovered_by_confirming_again()
    {
        Guid id = await AskAsync("crash");
        // The process dies after the module accepted the activation: the row keeps its lease until it lapses.
        await _house.Module.ActivateAsync(id, FakeActivationModule.GoodActivation, default);
        await _house.ExecuteAsync("update signing_transaction set state = 'confirming', lease_until = @past where id = @id", new { id, past = _house.Clock.GetUtcNow().AddSeconds(-1) });
        await Eventually.HoldsAsync(async () => await _house.StateAsync(id) == "pending", "the sweeper frees the lease");
        Answer again = await _house.ConfirmAsync(id);
        Assert.That((again.Status, await _house.StateAsync(id)), Is.EqualTo((HttpStatusCode.OK, "active")), again.Text);
        string sad = await _house.SadAsync(id);
        Assert.That((await _house.CscAsync("signatures/signHash", SignBody(_credential, sad, EcdsaSha256, Digest("crash")))).Status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(_house.Ledger.Reserved, Does.ContainKey(id));
    }

    [Test, Requirement("S0-66")]
    public async Task Suspended_certificate_refuses_the_confirmation_and_keeps_the_request_open()
    {
        Guid id = await AskAsync("suspended");
        await _house.SetStateAsync(_credential, "suspended");
        Answer refused = await _house.ConfirmAsync(id);
        await _house.SetStateAsync(_credential, "active");
        Assert.That((refused.Status, refused.Error), Is.EqualTo((HttpStatusCode.Conflict, "credential_disabled")));
        Assert.That((await _house.ConfirmAsync(id)).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Module_that_missed_the_end_is_told_later()
    {
        Guid id = await AskAsync("close later");
        _house.Module.IsDown = true;
        Answer declined = await _house.PhoneAsync(HttpMethod.Post, $"/{id}/decline", new { });
        Assert.That(declined.Status, Is.EqualTo(HttpStatusCode.OK), "the signer's no does not depend on the module");
        Assert.That(_house.Module.Transactions[id].Closed, Is.False);
        _house.Module.IsDown = false;
        await Eventually.HoldsAsync(() => _house.Module.Transactions[id].Closed, "the sweeper closes it");
    }
}
