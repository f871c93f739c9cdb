using System.Net;
using System.Text.Json;
using Dapper;
using Npgsql;

namespace Pechat.Identity.Tests.Registration;

internal sealed class RegistrationTests : IdentityTestBase
{
    private static int _number;
    private readonly string _email = $"Reg{++_number}@Example.com";
    private string _phone = "";

    [SetUp]
    public void NewContacts() => _phone = $"+35989{2000000 + ++_number}";

    private string Email => $"{_phone[1..]}.{_email}";

    private async Task<Guid> Start(string? email = null, string? phone = null) =>
        (await Phone.Json(await Post(email, phone))).GetProperty("registrationId").GetGuid();

    private Task<HttpResponseMessage> Post(string? email = null, string? phone = null) =>
        Identity.PostAsync("/identity/v1/registrations", new { email = email ?? Email, phone = phone ?? _phone, language = "bg" });

    private Task<HttpResponseMessage> Confirm(Guid id, string? emailCode = null, string? phoneCode = null) =>
        Identity.PostAsync($"/identity/v1/registrations/{id}/confirm", new { emailCode = emailCode ?? Identity.Codes[Email], phoneCode = phoneCode ?? Identity.Codes[_phone] });

    private static string Other(string code) => code == "000000" ? "000001" : "000000";

    [Test]
    public async Task Both_codes_confirm_the_contacts_and_give_an_enrolment_token()
    {
        JsonElement confirmed = await Phone.Json(await Confirm(await Start()));
        await using NpgsqlConnection db = await Identity.Database.DataSource.OpenConnectionAsync();
        Assert.That(await db.QuerySingleAsync<string>("select state from customer where id = @id", new { id = confirmed.GetProperty("customerId").GetGuid() }), Is.EqualTo("ContactVerified"));
        JsonElement claims = Tokens.Payload(confirmed.GetProperty("accessToken").GetString()!);
        Assert.That(claims.GetProperty("scope").GetString(), Is.EqualTo("enrolment"));
        Assert.That(claims.GetProperty("sub").GetGuid(), Is.EqualTo(confirmed.GetProperty("customerId").GetGuid()));
    }

    [Test]
    public async Task Codes_are_neither_stored_nor_logged()
    {
        await Start();
        await using NpgsqlConnection db = await Identity.Database.DataSource.OpenConnectionAsync();
        string row = await db.QuerySingleAsync<string>("select to_jsonb(r)::text from registration r where phone = @_phone", new { _phone });
        foreach (string code in new[] { Identity.Codes[Email], Identity.Codes[_phone] })
        {
            Assert.That(row, Does.Not.Contain($"\"{code}\""));
            Identity.Cluster.Logs.VerifyNeverLogged($" {code}");
        }
    }

    [Test]
    public async Task Five_wrong_entries_lock_for_fifteen_minutes_and_the_profile_stays_a_draft() // AC-002
    {
        Guid id = await Start();
        for (int i = 0; i < 4; i++)
            await Refused(await Confirm(id, emailCode: Other(Identity.Codes[Email])), HttpStatusCode.Unauthorized, "wrong_code");
        await Refused(await Confirm(id, emailCode: Other(Identity.Codes[Email])), HttpStatusCode.TooManyRequests, "locked");
        await Refused(await Confirm(id), HttpStatusCode.TooManyRequests, "locked");
        await Refused(await Post(), HttpStatusCode.TooManyRequests, "locked"); // nor does a new registration help
        await Refused(await Post(email: "another@example.com"), HttpStatusCode.TooManyRequests, "locked");
        await using NpgsqlConnection db = await Identity.Database.DataSource.OpenConnectionAsync();
        Assert.That(await db.QuerySingleAsync<int>("select count(*) from customer where phone = @_phone", new { _phone }), Is.Zero);
        Identity.Cluster.Clock.Advance(TimeSpan.FromMinutes(16));
        await Phone.Json(await Confirm(await Start()));
    }

    [Test]
    public async Task Wrong_entries_at_the_same_time_are_all_counted()
    {
        Guid id = await Start();
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Confirm(id, phoneCode: Other(Identity.Codes[_phone]))));
        Assert.That(answers.Count(a => a.StatusCode == HttpStatusCode.Unauthorized), Is.EqualTo(4));
        Assert.That(answers.Count(a => a.StatusCode == HttpStatusCode.TooManyRequests), Is.EqualTo(8));
    }

    [Test]
    public async Task Codes_are_valid_for_five_minutes()
    {
        Guid id = await Start();
        Identity.Cluster.Clock.Advance(TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(1));
        await Refused(await Confirm(id), HttpStatusCode.Conflict, "registration_expired");
    }

    [Test]
    public async Task Codes_work_once()
    {
        Guid id = await Start();
        await Phone.Json(await Confirm(id));
        await Refused(await Confirm(id), HttpStatusCode.Conflict, "illegal_state");
    }

    [Test]
    public async Task Codes_of_another_registration_do_not_confirm_this_one()
    {
        Guid first = await Start();
        (string email, string phone) = (Identity.Codes[Email], Identity.Codes[_phone]);
        Guid second = await Start();
        if ((email, phone) != (Identity.Codes[Email], Identity.Codes[_phone]))
            await Refused(await Confirm(second, email, phone), HttpStatusCode.Unauthorized, "wrong_code");
        await Phone.Json(await Confirm(first, email, phone));
    }

    [Test]
    public async Task A_contact_gets_three_codes_in_fifteen_minutes()
    {
        for (int i = 0; i < 3; i++)
            await Start();
        await Refused(await Post(), HttpStatusCode.TooManyRequests, "too_many_codes");
        await Refused(await Post(phone: "+359881112223"), HttpStatusCode.TooManyRequests, "too_many_codes");
        Identity.Cluster.Clock.Advance(TimeSpan.FromMinutes(16));
        await Start();
    }

    [Test]
    public async Task Whoever_holds_both_contacts_gets_the_profile_back_and_the_start_tells_nothing()
    {
        Guid first = (await Phone.Json(await Confirm(await Start()))).GetProperty("customerId").GetGuid();
        HttpResponseMessage again = await Post(email: Email.ToUpperInvariant());
        Assert.That(again.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Guid id = (await Phone.Json(again)).GetProperty("registrationId").GetGuid();
        Guid second = (await Phone.Json(await Confirm(id, emailCode: Identity.Codes[Email.ToUpperInvariant()]))).GetProperty("customerId").GetGuid();
        Assert.That(second, Is.EqualTo(first));
    }

    [Test]
    public async Task A_contact_of_another_profile_is_refused_only_after_both_codes()
    {
        await Phone.Json(await Confirm(await Start()));
        string other = "+359871234567";
        Guid id = (await Phone.Json(await Post(phone: other))).GetProperty("registrationId").GetGuid();
        await Refused(await Confirm(id, phoneCode: Other(Identity.Codes[other])), HttpStatusCode.Unauthorized, "wrong_code");
        await Refused(await Confirm(id, phoneCode: Identity.Codes[other]), HttpStatusCode.Conflict, "contact_in_use");
    }

    [Test]
    public async Task When_no_code_can_be_sent_the_caller_is_told_to_try_again()
    {
        Identity.SenderFails = IdentityFixture.Down;
        await Refused(await Post(), HttpStatusCode.ServiceUnavailable, "temporarily_unavailable");
        Identity.SenderFails = null;
        await Start();
    }

    [TestCase("""{"email":"ivan","phone":"+359888123456"}""", "invalid_email")]
    [TestCase("""{"email":"ivan@example.com","phone":"12345"}""", "invalid_phone")]
    [TestCase("""{"email":"ivan@example.com","phone":"+359888123456","language":"xx"}""", "invalid_language")]
    [TestCase("""{"email":1}""", "invalid_request")]
    [TestCase("{}", "invalid_email")]
    public async Task What_is_malformed_is_refused(string body, string code)
    {
        using HttpClient client = Identity.Cluster.Client(Identity.Service);
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        await Refused(await client.PostAsync("/identity/v1/registrations", content), HttpStatusCode.BadRequest, code);
    }

    [Test]
    public async Task An_unknown_registration_is_not_found() =>
        await Refused(await Confirm(Guid.NewGuid(), "000000", "000000"), HttpStatusCode.NotFound, "unknown_registration");
}
