using System.Net;
using System.Security.Cryptography;

namespace Pechat.Identity.Tests.Profile;

internal sealed class ContactChangeTests : IdentityTestBase
{
    private static int _number;
    private Phone _phone = null!;

    [SetUp]
    public async Task Enrol() => _phone = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());

    [TearDown]
    public void End() => _phone.Dispose();

    private static string NewEmail() => $"Changed{Interlocked.Increment(ref _number)}@Example.com";

    private static string NewNumber() => $"+35987{3000000 + Interlocked.Increment(ref _number)}";

    private static Task<HttpResponseMessage> Start(Phone phone, string? email = null, string? number = null, string? signed = null, ECDsa? key = null) =>
        phone.PostAsync("/me/contacts", new { email, phone = number, proof = phone.Proof("change-contact", new { contact = signed ?? email ?? number }, key) });

    private async Task<Guid> Started(string? email = null, string? number = null) =>
        (await Phone.Json(await Start(_phone, email, number))).GetProperty("changeId").GetGuid();

    private Task<HttpResponseMessage> Confirm(Guid id, string code) => _phone.PostAsync($"/me/contacts/{id}/confirm", new { code });

    private static string Other(string code) => code == "000000" ? "000001" : "000000";

    [Test]
    public async Task A_new_email_counts_when_its_code_comes_back()
    {
        string email = NewEmail();
        Guid id = await Started(email);
        Assert.That((await Phone.Json(await _phone.GetAsync("/me"))).GetProperty("email").GetString(), Is.EqualTo(_phone.Email));
        Assert.That((await Confirm(id, Identity.Codes[email])).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await Phone.Json(await _phone.GetAsync("/me"))).GetProperty("email").GetString(), Is.EqualTo(email));
        Assert.That((await Identity.EventsAsync(_phone.CustomerId))[^1], Is.EqualTo("contact-changed.v1"));
        string detail = (await Identity.QueryAsync<string>("select detail::text from history where customer_id = @CustomerId and kind = 'contact.changed'", _phone)).Single();
        Assert.That(detail, Does.Contain("C***@Example.com").And.Not.Contain(email));
    }

    [Test]
    public async Task A_new_telephone_counts_and_the_old_one_is_free_for_others()
    {
        string number = NewNumber();
        Guid id = await Started(number: number);
        Assert.That((await Confirm(id, Identity.Codes[number])).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await Phone.Json(await _phone.GetAsync("/me"))).GetProperty("phone").GetString(), Is.EqualTo(number));
        using var next = new Phone(Identity, NewEmail(), _phone.Number);
        Identity.Cluster.Clock.Advance(TimeSpan.FromMinutes(16)); // the old number got its codes of this hour
        await next.RegisterAsync();
        Assert.That(next.CustomerId, Is.Not.EqualTo(_phone.CustomerId));
    }

    [Test]
    public async Task A_contact_of_another_profile_is_refused_only_to_whoever_holds_it()
    {
        using Phone other = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());
        Guid id = await Started(other.Email.ToUpperInvariant());
        await Refused(await Confirm(id, Other(Identity.Codes[other.Email.ToUpperInvariant()])), HttpStatusCode.Unauthorized, "wrong_code");
        await Refused(await Confirm(id, Identity.Codes[other.Email.ToUpperInvariant()]), HttpStatusCode.Conflict, "contact_in_use");
        Assert.That((await Phone.Json(await _phone.GetAsync("/me"))).GetProperty("email").GetString(), Is.EqualTo(_phone.Email));
    }

    [Test]
    public async Task Five_wrong_codes_lock_for_fifteen_minutes_also_a_new_change()
    {
        string email = NewEmail();
        Guid id = await Started(email);
        string code = Identity.Codes[email];
        for (int i = 0; i < 4; i++)
            await Refused(await Confirm(id, Other(code)), HttpStatusCode.Unauthorized, "wrong_code");
        await Refused(await Confirm(id, Other(code)), HttpStatusCode.TooManyRequests, "locked");
        await Refused(await Confirm(id, code), HttpStatusCode.TooManyRequests, "locked");
        await Refused(await Start(_phone, NewEmail()), HttpStatusCode.TooManyRequests, "locked");
        Identity.Cluster.Clock.Advance(TimeSpan.FromMinutes(15) + TimeSpan.FromSeconds(1));
        await _phone.LogInAsync();
        await Started(NewEmail());
    }

    [Test]
    public async Task Three_codes_are_sent_in_fifteen_minutes()
    {
        for (int i = 0; i < 3; i++)
            await Started(NewEmail());
        await Refused(await Start(_phone, NewEmail()), HttpStatusCode.TooManyRequests, "too_many_codes");
    }

    [Test]
    public async Task A_code_is_valid_for_five_minutes_and_once()
    {
        string email = NewEmail();
        Guid late = await Started(email);
        Identity.Cluster.Clock.Advance(TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(1));
        await Refused(await Confirm(late, Identity.Codes[email]), HttpStatusCode.Conflict, "change_expired");
        Guid id = await Started(email);
        Assert.That((await Confirm(id, Identity.Codes[email])).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        await Refused(await Confirm(id, Identity.Codes[email]), HttpStatusCode.Conflict, "illegal_state");
    }

    [Test]
    public async Task The_phone_signs_which_contact_it_wants()
    {
        using ECDsa stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string email = NewEmail();
        await Refused(await Start(_phone, email, key: stranger), HttpStatusCode.Forbidden, "invalid_proof");
        await Refused(await Start(_phone, email, signed: NewEmail()), HttpStatusCode.Forbidden, "invalid_proof");
        await Refused(await _phone.PostAsync("/me/contacts", new { email, proof = "" }), HttpStatusCode.BadRequest, "invalid_proof");
        await Refused(await Start(_phone), HttpStatusCode.BadRequest, "invalid_request");
        Assert.That(Identity.Codes.ContainsKey(email), Is.False);
    }

    [Test]
    public async Task Nobody_confirms_anothers_change()
    {
        string email = NewEmail();
        Guid id = await Started(email);
        using Phone stranger = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());
        await Refused(await stranger.PostAsync($"/me/contacts/{id}/confirm", new { code = Identity.Codes[email] }), HttpStatusCode.NotFound, "unknown_change");
    }

    [Test]
    public async Task The_language_can_be_changed()
    {
        Assert.That((await Identity.PutAsync("/identity/v1/me/language", new { language = "pl" }, _phone.DeviceToken)).StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That((await Phone.Json(await _phone.GetAsync("/me"))).GetProperty("language").GetString(), Is.EqualTo("pl"));
        await Refused(await Identity.PutAsync("/identity/v1/me/language", new { language = "xx" }, _phone.DeviceToken), HttpStatusCode.BadRequest, "invalid_language");
    }
}
