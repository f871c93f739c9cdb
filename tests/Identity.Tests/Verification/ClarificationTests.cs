using System.Net;
using System.Text.Json;
using Pechat.Testing;

namespace Pechat.Identity.Tests.Verification;

internal sealed class ClarificationTests : IdentityTestBase
{
    private Phone _phone = null!;
    private string _egn = "";

    [SetUp]
    public async Task Register()
    {
        _phone = Identity.NewPhone();
        _egn = IdentityFixture.NewEgn();
        await _phone.RegisterAsync();
    }

    [TearDown]
    public void End() => _phone.Dispose();

    private Task<HttpResponseMessage> Clarify(string text, string? token = null) =>
        Identity.PostAsync($"/identity/v1/verifications/{_phone.VerificationId}/clarification", new { text }, token ?? _phone.EnrolmentToken);

    private async Task<string> State() => (await _phone.VerificationAsync()).GetProperty("state").GetString()!;

    private Task Until(string state) => Eventually.HoldsAsync(async () => await State() == state, $"the case is {state}");

    private Task<string[]> Evidence() =>
        Identity.QueryAsync<string>("select kind from verification_evidence where verification_id = @VerificationId order by at, id", _phone);

    [Test]
    [Requirement("S3-11")]
    public async Task After_clarification_a_suspended_case_continues_without_repeating_earlier_steps() // AC-003
    {
        Assert.That(await _phone.VerifyAsync(_egn, "AA123456S"), Is.EqualTo("suspended"));
        JsonElement told = await _phone.VerificationAsync();
        Assert.That(told.GetProperty("reason").GetString(), Is.EqualTo("document_unreadable"));
        Assert.That(told.GetProperty("clarifyUntil").GetDateTimeOffset(), Is.EqualTo(Identity.Cluster.Clock.GetUtcNow().AddDays(7)).Within(TimeSpan.FromMinutes(1)));
        Assert.That((await Clarify("the letter is an O")).StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        await Until("positive");
        Assert.That((await _phone.AcceptTermsAsync()).IsSuccessStatusCode, Is.True);
        await Phone.Json(await _phone.BindAsync());
        Assert.That(await Evidence(), Is.EqualTo(new[] { "submitted", "decided", "clarified", "decided" }));
        Assert.That((await Identity.EventsAsync(_phone.CustomerId)).Count(e => e == "verification-decided.v1"), Is.EqualTo(2));
    }

    [Test]
    public async Task A_clarification_may_be_refused_or_lead_to_another_question()
    {
        await _phone.VerifyAsync(_egn, "AA123456S");
        await Clarify("still S");
        await Eventually.HoldsAsync(async () => (await Evidence()).Length == 4, "it is asked again");
        await Until("suspended");
        await Clarify("wrong N");
        await Until("negative");
        await Refused(await Clarify("too late"), HttpStatusCode.Conflict, "illegal_state");
    }

    [Test]
    public async Task Nobody_clarifies_anothers_case_or_says_nothing()
    {
        await _phone.VerifyAsync(_egn, "AA123456S");
        using Phone stranger = Identity.NewPhone();
        await stranger.RegisterAsync();
        await Refused(await Clarify("x", stranger.EnrolmentToken), HttpStatusCode.NotFound, "unknown_verification");
        await Refused(await Clarify(" "), HttpStatusCode.BadRequest, "invalid_request");
        await Refused(await Clarify(new string('x', 2001)), HttpStatusCode.BadRequest, "invalid_request");
    }

    [Test]
    public async Task A_capture_that_is_not_finished_in_thirty_minutes_is_abandoned_and_another_may_start() // AC-012
    {
        JsonElement asked = await Phone.Json(await _phone.AskForVerificationAsync(_egn, "AA123456C"));
        Guid first = asked.GetProperty("verificationId").GetGuid();
        async Task<string> StateOf() => (await Phone.Json(await Identity.GetAsync($"/identity/v1/verifications/{first}", _phone.EnrolmentToken))).GetProperty("state").GetString()!;
        await Eventually.HoldsAsync(async () => (await Identity.QueryAsync<string>("select state from verification where id = @first", new { first })).Single() == "Started", "it is captured");
        Assert.That(await StateOf(), Is.EqualTo("pending"));
        await Refused(await _phone.AskForVerificationAsync(_egn), HttpStatusCode.Conflict, "verification_pending");
        Identity.Cluster.Clock.Advance(TimeSpan.FromMinutes(30));
        await Eventually.HoldsAsync(async () => await StateOf() == "abandoned", "the time is over");
        Assert.That(await _phone.VerifyAsync(_egn), Is.EqualTo("positive"));
    }

    [Test]
    public async Task A_technical_failure_does_not_count_as_an_attempt() // SM-3
    {
        for (int i = 0; i < 4; i++)
            Assert.That(await _phone.VerifyAsync(_egn, "AA123456F"), Is.EqualTo("failed"));
        Assert.That(await _phone.VerifyAsync(_egn), Is.EqualTo("positive"));
    }

    [Test]
    public async Task An_expired_document_is_negative_with_that_reason() // AC-007
    {
        string yesterday = Identity.Cluster.Clock.GetUtcNow().UtcDateTime.AddDays(-1).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        JsonElement answer = await Phone.Json(await _phone.AskForVerificationAsync(_egn, expires: yesterday));
        Assert.That((answer.GetProperty("state").GetString(), answer.GetProperty("reason").GetString()), Is.EqualTo(("negative", "document_expired")));
    }

    [Test]
    public async Task Evidence_can_neither_be_changed_nor_deleted()
    {
        foreach (string sql in new[] { "update verification_evidence set actor = ''", "delete from verification_evidence" })
        {
            var refused = Assert.ThrowsAsync<Npgsql.PostgresException>(() => Identity.QueryAsync<int>(sql, new { }));
            Assert.That(refused!.SqlState, Is.EqualTo("42501"));
        }
        await Task.CompletedTask;
    }

    [Test]
    public async Task A_bound_phone_has_its_holder_identified_again_when_data_have_changed()
    {
        using Phone bound = await Identity.NewPhone().EnrolAsync(_egn);
        Assert.That(await bound.VerifyAgainAsync(_egn, "BB7654321", "Иванов"), Is.EqualTo("positive"));
        JsonElement person = (await Phone.Json(await bound.GetAsync("/me"))).GetProperty("person");
        Assert.That(person.GetProperty("surnameLatin").GetString(), Is.EqualTo("Ivanov"));
        Assert.That(person.GetProperty("identifyAgain").GetBoolean(), Is.False);
        using Phone other = await Identity.NewPhone().EnrolAsync(IdentityFixture.NewEgn());
        await Refused(await _phone.AskForVerificationAsync(_egn, token: other.DeviceToken), HttpStatusCode.Forbidden, "invalid_key");
    }

    [Test]
    public async Task Once_the_document_has_expired_the_profile_asks_for_identification()
    {
        string today = Identity.Cluster.Clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        using Phone bound = await Identity.NewPhone().EnrolAsync(_egn);
        JsonElement asked = await Phone.Json(await bound.AskForVerificationAsync(_egn, expires: today, token: bound.DeviceToken));
        Assert.That(asked.GetProperty("state").GetString(), Is.EqualTo("pending"), "it is valid until the end of its last day");
        await Eventually.HoldsAsync(async () => (await Phone.Json(await bound.GetAsync("/me"))).GetProperty("person").TryGetProperty("documentExpiresOn", out _), "it is decided");
        Assert.That((await Phone.Json(await bound.GetAsync("/me"))).GetProperty("person").GetProperty("identifyAgain").GetBoolean(), Is.False);
        Identity.Cluster.Clock.Advance(TimeSpan.FromDays(1));
        await bound.LogInAsync();
        Assert.That((await Phone.Json(await bound.GetAsync("/me"))).GetProperty("person").GetProperty("identifyAgain").GetBoolean(), Is.True);
    }
}
