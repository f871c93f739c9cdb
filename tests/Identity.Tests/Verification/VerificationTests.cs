using System.Net;
using System.Text.Json;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Pechat.Hosting.Jose;
using Pechat.Identity.Verification;
using Pechat.Testing;

namespace Pechat.Identity.Tests.Verification;

internal sealed class VerificationTests : IdentityTestBase
{
    private async Task<Phone> Registered()
    {
        Phone phone = Identity.NewPhone();
        await phone.RegisterAsync();
        return phone;
    }

    [TestCase("AA1234567", "positive", null)]
    [TestCase("AA123456N", "negative", "data_mismatch")]
    [TestCase("AA123456S", "suspended", "document_unreadable")]
    [Requirement("S3-11")]
    public async Task The_outcome_is_positive_negative_or_suspended(string document, string state, string? reason)
    {
        using Phone phone = await Registered();
        Assert.That(await phone.VerifyAsync(IdentityFixture.NewEgn(), document), Is.EqualTo(state));
        JsonElement answer = await phone.VerificationAsync();
        Assert.That(answer.TryGetProperty("reason", out JsonElement why) ? why.GetString() : null, Is.EqualTo(reason));
    }

    [TestCase("AA123456N", "ContactVerified")]
    [TestCase("AA123456S", "ContactVerified")]
    [TestCase("AA1234567", "Identified")]
    [Requirement("S3-12")]
    public async Task Only_a_positive_outcome_takes_the_customer_further(string document, string state)
    {
        using Phone phone = await Registered();
        await phone.VerifyAsync(IdentityFixture.NewEgn(), document);
        Assert.That(await Query<string>("select state from customer where id = @id", new { id = phone.CustomerId }), Is.EqualTo(state));
        HttpResponseMessage bound = await phone.BindAsync();
        Assert.That(bound.StatusCode, Is.EqualTo(state == "Identified" ? HttpStatusCode.Created : HttpStatusCode.Forbidden));
    }

    [Test]
    public async Task The_assertion_is_signed_by_the_verifier_and_names_customer_and_key()
    {
        using Phone phone = await Registered();
        await phone.VerifyAsync(IdentityFixture.NewEgn());
        CompactJws assertion = CompactJws.Parse(await Query<string>("select assertion from verification where id = @id", new { id = phone.VerificationId }));
        using var verifier = OAuth.SigningKeysAccess.Load(Identity.KeyFile("simulator"));
        Assert.That(assertion.IsSignedBy(EcPublicKey.From(verifier)), Is.True);
        Assert.That(assertion.Has("aud", "pechat-sam") && assertion.Has("outcome", "positive") && assertion.Has("sub", phone.CustomerId.ToString()), Is.True);
        Assert.That(assertion.Payload.GetProperty("cnf").GetProperty("jkt").GetString(), Is.EqualTo(EcPublicKey.From(phone.Key).Thumbprint));
        Assert.That(assertion.Time("exp") > Identity.Cluster.Clock.GetUtcNow(), Is.True);
    }

    [Test]
    public async Task A_fourth_attempt_within_a_day_is_refused_with_the_time_of_the_next() // AC-005
    {
        using Phone phone = await Registered();
        string egn = IdentityFixture.NewEgn();
        for (int i = 0; i < 3; i++)
            await phone.VerifyAsync(egn, "AA123456N");
        HttpResponseMessage fourth = await phone.AskForVerificationAsync(egn);
        await Refused(fourth, HttpStatusCode.TooManyRequests, "too_many_attempts");
        Assert.That(await fourth.Content.ReadAsStringAsync(), Does.Match(@"possible at 20\d\d-\d\d-\d\dT"));
    }

    [Test]
    public async Task Only_one_of_several_attempts_at_once_is_taken()
    {
        using Phone phone = await Registered();
        string egn = IdentityFixture.NewEgn();
        await Identity.Database.Owner.CreateCommand("update verification set next_check_at = next_check_at").ExecuteNonQueryAsync();
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => phone.AskForVerificationAsync(egn)));
        Assert.That(answers.Count(a => a.StatusCode == HttpStatusCode.Accepted), Is.InRange(1, 3)); // three only if the verifier was quicker
        Assert.That(await Query<int>("select count(*) from verification where customer_id = @id", new { id = phone.CustomerId }), Is.LessThanOrEqualTo(3));
    }

    [Test]
    public async Task Without_clarification_a_suspended_case_becomes_negative_after_seven_days() // AC-004
    {
        using Phone phone = await Registered();
        await phone.VerifyAsync(IdentityFixture.NewEgn(), "AA123456S");
        await Query<int>("update verification set clarify_until = now(), next_check_at = now() where id = @id returning 1", new { id = phone.VerificationId });
        await Eventually.HoldsAsync(async () => (await phone.VerificationAsync()).GetProperty("state").GetString() == "negative", "the deadline counts");
        Assert.That((await phone.VerificationAsync()).GetProperty("reason").GetString(), Is.EqualTo("no_clarification"));
        Assert.That(DecisionRecord.ClarificationTime, Is.EqualTo(TimeSpan.FromDays(7)));
    }

    [Test]
    public async Task A_person_under_18_is_negative_at_once() // AC-007
    {
        using Phone phone = await Registered();
        DateTime born = Identity.Cluster.Clock.GetUtcNow().UtcDateTime.AddYears(-18).AddDays(1);
        JsonElement answer = await Phone.Json(await phone.AskForVerificationAsync("7001234568", born: born.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)));
        Assert.That(answer.GetProperty("state").GetString(), Is.EqualTo("negative"));
        Assert.That(answer.GetProperty("reason").GetString(), Is.EqualTo("under_age"));
    }

    [Test]
    public async Task One_person_has_one_profile()
    {
        string egn = IdentityFixture.NewEgn();
        using Phone first = await Registered();
        await first.VerifyAsync(egn);
        using Phone second = await Registered();
        Assert.That(await second.VerifyAsync(egn), Is.EqualTo("negative"));
        Assert.That((await second.VerificationAsync()).GetProperty("reason").GetString(), Is.EqualTo("duplicate_person"));
    }

    [Test]
    public async Task A_profile_never_becomes_another_persons()
    {
        using Phone phone = await Registered();
        await phone.VerifyAsync(IdentityFixture.NewEgn());
        Assert.That(await phone.VerifyAsync(IdentityFixture.NewEgn()), Is.EqualTo("negative"));
        Assert.That((await phone.VerificationAsync()).GetProperty("reason").GetString(), Is.EqualTo("person_mismatch"));
    }

    [TestCase("7901011234", "AA1234567", "1979-01-01", "BG", "invalid_national_id")]
    [TestCase("8503124420", "AA1234567", "1985-03-13", "BG", "data_mismatch")]
    [TestCase("8503124420", "A1", "1985-03-12", "BG", "invalid_document_number")]
    [TestCase("8503124420", "AA1234567", "1985-03-12", "XX", "invalid_national_id")]
    public async Task What_cannot_be_right_is_refused_before_capture(string number, string document, string born, string country, string code) // R-105, AC-006
    {
        using Phone phone = await Registered();
        await Refused(await phone.AskForVerificationAsync(number, document, born, country), HttpStatusCode.BadRequest, code);
    }

    [Test]
    public async Task Nobody_sees_anothers_verification()
    {
        using Phone owner = await Registered();
        await owner.VerifyAsync(IdentityFixture.NewEgn());
        using Phone stranger = await Registered();
        await Refused(await Identity.GetAsync($"/identity/v1/verifications/{owner.VerificationId}", stranger.EnrolmentToken), HttpStatusCode.NotFound, "unknown_verification");
    }

    [Test]
    public async Task A_case_that_a_replica_left_behind_is_taken_by_another()
    {
        using Phone phone = await Registered();
        await phone.VerifyAsync(IdentityFixture.NewEgn(), "AA123456N");
        // As after kill -9 between taking and deciding: submitted, with a lease that has run out.
        await Query<int>("update verification set state = 'Submitted', reason = null, decided_at = null, next_check_at = now() - interval '1 second' where id = @id returning 1", new { id = phone.VerificationId });
        await using TestService replica = await Identity.StartReplicaAsync();
        await replica.Services.GetRequiredService<VerificationDecisions>().DecideNextAsync(CancellationToken.None);
        await Eventually.HoldsAsync(async () => (await phone.VerificationAsync()).GetProperty("state").GetString() == "negative", "it is decided");
    }

    private async Task<T> Query<T>(string sql, object parameters)
    {
        await using NpgsqlConnection db = await Identity.Database.DataSource.OpenConnectionAsync();
        return await db.QuerySingleAsync<T>(sql, parameters);
    }
}
