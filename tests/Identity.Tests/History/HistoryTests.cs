using System.Net;
using System.Text.Json;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Pechat.Contracts.Events.CertificateAuthority;
using Pechat.Contracts.Events.Signing;
using Pechat.Testing;

namespace Pechat.Identity.Tests.History;

internal sealed class HistoryTests : IdentityTestBase
{
    private Phone _phone = null!;

    [SetUp]
    public async Task Enrol() => _phone = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());

    [TearDown]
    public void End() => _phone.Dispose();

    private async Task<JsonElement> Read(string query = "") => await Phone.Json(await _phone.GetAsync("/history" + query));

    private static string[] Kinds(JsonElement page) => [.. page.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("kind").GetString()!)];

    private Task Publish<T>(T message, Guid? id = null) where T : class => Identity.Service.Services.GetRequiredService<IBus>()
        .Publish(message, context => context.MessageId = id ?? Guid.NewGuid());

    private SignatureCreated Signed(DateTimeOffset at) => new(Guid.NewGuid(), _phone.CustomerId, Guid.NewGuid(), "bank", 2, [], at);

    [Test]
    public async Task The_whole_way_of_a_customer_is_there_the_newest_first()
    {
        Assert.That(Kinds(await Read()), Is.EqualTo(new[] { "profile.activated", "device.bound", "terms.accepted", "identity.positive", "identity.submitted" }));
    }

    [Test]
    public async Task Signatures_and_certificates_of_other_services_are_in_it_once()
    {
        DateTimeOffset now = Identity.Cluster.Clock.GetUtcNow();
        Guid id = Guid.NewGuid();
        SignatureCreated signed = Signed(now.AddSeconds(10));
        await Publish(signed, id);
        await Publish(signed, id);
        await Publish(new CertificateIssued("0A1B", "personal-qualified", Guid.NewGuid(), _phone.CustomerId, null, now, now.AddYears(3)));
        await Publish(new CertificateStatusChanged("0A1B", _phone.CustomerId, null, "suspended", 6, now.AddSeconds(20)));
        await Eventually.HoldsAsync(async () => Kinds(await Read("?group=certificate")).Length == 2 && Kinds(await Read("?group=signature")).Length == 1, "all is recorded");
        JsonElement item = (await Read("?group=signature")).GetProperty("items")[0];
        Assert.That(item.GetProperty("clientName").GetString(), Is.EqualTo("Bank"));
        Assert.That(item.GetProperty("detail").GetProperty("signatures").GetInt32(), Is.EqualTo(2));
        Assert.That(item.GetProperty("at").GetDateTimeOffset(), Is.EqualTo(signed.At).Within(TimeSpan.FromMilliseconds(1)));
        Assert.That(Kinds(await Read())[0], Is.EqualTo("certificate.suspended"));
    }

    [Test]
    public async Task Pages_follow_each_other_without_gap_or_repetition()
    {
        DateTimeOffset at = Identity.Cluster.Clock.GetUtcNow().AddMinutes(1);
        for (int i = 0; i < 7; i++)
            await Publish(Signed(at)); // at the very same time
        await Eventually.HoldsAsync(async () => Kinds(await Read("?group=signature")).Length == 7, "all are recorded");
        List<Guid> seen = [];
        string? next = null;
        do
        {
            JsonElement page = await Read("?limit=3" + (next is null ? "" : "&before=" + next));
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("id").GetGuid()));
            next = page.TryGetProperty("next", out JsonElement more) ? more.GetString() : null;
        }
        while (next is not null);
        Assert.That(seen, Has.Count.EqualTo(12).And.Unique);
    }

    [Test]
    public async Task A_login_is_there_with_place_browser_and_client()
    {
        Guid login = Guid.NewGuid();
        await Identity.QueryAsync<int>("""
            insert into login (id, browser_hash, identifier, customer_id, client_id, redirect_uri, scope, code_challenge, language, place, browser, state, device_id, requested_at, expires_at, decided_at)
            values (@login, '', '', @CustomerId, 'portal', '', 'portal', '', 'en', '192.0.2.1', 'Firefox', 'Completed', @DeviceId, @now, @now, @now) returning 1
            """, new { login, _phone.CustomerId, _phone.DeviceId, now = Identity.Cluster.Clock.GetUtcNow() });
        JsonElement item = (await Read("?group=login")).GetProperty("items")[0];
        Assert.That(item.GetProperty("kind").GetString(), Is.EqualTo("login.confirmed"));
        Assert.That(item.GetProperty("clientName").GetString(), Is.EqualTo("The <Portal>"));
        Assert.That(item.GetProperty("detail").GetProperty("place").GetString(), Is.EqualTo("192.0.2.1"));
    }

    [Test]
    public async Task Which_officer_it_was_is_not_shown_nor_what_is_for_the_provider_alone()
    {
        await Identity.QueryAsync<int>("""
            insert into history (id, customer_id, at, kind, actor, detail, visible) values
                (gen_random_uuid(), @CustomerId, now() + interval '1 day', 'profile.locked', 'officer 1', '{}', true),
                (gen_random_uuid(), @CustomerId, now() + interval '1 day', 'identity.viewed', 'officer 1', '{}', false) returning 1
            """, _phone);
        JsonElement page = await Read();
        Assert.That(page.GetProperty("items")[0].GetProperty("by").GetString(), Is.EqualTo("provider"));
        Assert.That(Kinds(page), Does.Not.Contain("identity.viewed"));
    }

    [Test]
    public async Task Nobody_sees_anothers_history()
    {
        using Phone other = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());
        await Publish(Signed(Identity.Cluster.Clock.GetUtcNow()));
        await Eventually.HoldsAsync(async () => Kinds(await Read("?group=signature")).Length == 1, "it is recorded");
        Assert.That(Kinds(await Phone.Json(await other.GetAsync("/history"))), Does.Not.Contain("signature.created"));
        Assert.That((await Identity.GetAsync("/identity/v1/history")).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [TestCase("?limit=0"), TestCase("?limit=101"), TestCase("?before=x"), TestCase("?before=AAAA"), TestCase("?group=other")]
    public async Task What_is_malformed_is_refused(string query) =>
        await Refused(await _phone.GetAsync("/history" + query), HttpStatusCode.BadRequest, "invalid_request");
}
