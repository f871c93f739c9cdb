using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Pechat.Identity.Tests.Profile;

internal sealed class TermsTests : IdentityTestBase
{
    private async Task<Phone> Verified()
    {
        Phone phone = Identity.NewPhone();
        await phone.RegisterAsync();
        Assert.That(await phone.VerifyAsync(IdentityFixture.NewEgn()), Is.EqualTo("positive"));
        return phone;
    }

    private async Task<string> State(Phone phone) => (await Identity.StateAsync(phone.CustomerId)).Single();

    [TestCase("bg"), TestCase("en"), TestCase("pl")]
    public async Task The_terms_are_shown_with_the_hash_of_the_very_text(string language)
    {
        JsonElement terms = await Phone.Json(await Identity.GetAsync($"/identity/v1/terms?language={language}"));
        Assert.That(terms.GetProperty("language").GetString(), Is.EqualTo(language));
        byte[] text = Encoding.UTF8.GetBytes(terms.GetProperty("text").GetString()!);
        Assert.That(terms.GetProperty("sha256").GetString(), Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(text))));
    }

    [Test]
    public async Task The_profile_becomes_active_when_the_terms_are_accepted_before_the_phone_is_bound() // SM-1
    {
        using Phone phone = await Verified();
        Assert.That((await phone.AcceptTermsAsync()).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await State(phone), Is.EqualTo("Identified"));
        JsonElement bound = await Phone.Json(await phone.BindAsync());
        Assert.That(bound.GetProperty("profileState").GetString(), Is.EqualTo("Active"));
    }

    [Test]
    public async Task The_profile_becomes_active_when_the_terms_are_accepted_after_the_phone_is_bound() // SM-1
    {
        using Phone phone = await Verified();
        JsonElement bound = await Phone.Json(await phone.BindAsync());
        Assert.That(bound.GetProperty("profileState").GetString(), Is.EqualTo("Identified"));
        await Refused(await phone.AskForTokenAsync(), HttpStatusCode.BadRequest, "invalid_grant");
        JsonElement accepted = await Phone.Json(await phone.AcceptTermsAsync());
        Assert.That(accepted.GetProperty("state").GetString(), Is.EqualTo("Active"));
        Assert.That((await Identity.EventsAsync(phone.CustomerId))[1..], Is.EqualTo(new[] { "device-bound.v1", "customer-activated.v1" }));
        await phone.LogInAsync();
    }

    [Test]
    public async Task Whichever_of_the_last_two_comes_last_the_profile_is_activated_once()
    {
        using Phone phone = await Verified();
        await Task.WhenAll(phone.BindAsync(), phone.AcceptTermsAsync(), phone.AcceptTermsAsync(), phone.BindAsync());
        Assert.That(await State(phone), Is.EqualTo("Active"));
        Assert.That((await Identity.EventsAsync(phone.CustomerId)).Count(e => e == "customer-activated.v1"), Is.EqualTo(1));
        Assert.That((await Identity.HistoryAsync(phone.CustomerId)).Count(e => e == "terms.accepted"), Is.EqualTo(1));
    }

    [Test]
    public async Task What_was_accepted_is_kept_with_version_language_hash_and_time()
    {
        using Phone phone = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());
        JsonElement terms = (await Phone.Json(await phone.GetAsync("/me"))).GetProperty("terms");
        Assert.That(terms.GetProperty("accepted").GetString(), Is.EqualTo(terms.GetProperty("current").GetString()));
        Assert.That(terms.GetProperty("acceptedAt").GetDateTimeOffset(), Is.EqualTo(Identity.Cluster.Clock.GetUtcNow()).Within(TimeSpan.FromMinutes(1)));
        Assert.That(await Identity.QueryAsync<string>("select language from terms_acceptance where customer_id = @CustomerId", phone), Is.EqualTo(new[] { "en" }));
    }

    [Test]
    public async Task A_text_that_is_not_in_force_cannot_be_accepted()
    {
        using Phone phone = await Verified();
        await Refused(await phone.AcceptTermsAsync(new string('0', 64)), HttpStatusCode.Conflict, "terms_changed");
    }

    [Test]
    public async Task Neither_history_nor_acceptances_can_be_changed_or_deleted()
    {
        foreach (string sql in new[] { "update history set actor = ''", "delete from history", "update terms_acceptance set version = ''", "delete from terms_acceptance" })
        {
            var refused = Assert.ThrowsAsync<Npgsql.PostgresException>(() => Identity.QueryAsync<int>(sql, new { }));
            Assert.That(refused!.SqlState, Is.EqualTo("42501"), sql);
        }
    }
}
