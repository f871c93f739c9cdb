using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dapper;
using Npgsql;
using Pechat.Contracts.Identity.V1;
using Pechat.Testing;

namespace Pechat.Registration.Tests.Requests;

internal sealed class RequestTests : RegistrationTestBase
{
    [Test]
    public async Task The_data_shown_are_the_data_of_the_certificate_and_the_agreement_is_hashed_as_shown()
    {
        using Applicant applicant = Registration.NewApplicant();
        JsonElement shown = await Applicant.Json(await applicant.AskAsync());
        Assert.That(shown.GetProperty("data").GetRawText(), Is.EqualTo(
            """{"commonName":"Ivan Petrov","givenName":"Ivan","surname":"Petrov","serialNumber":"PNOBG-8503124420","country":"BG","email":"ivan@example.com"}"""));
        JsonElement agreement = shown.GetProperty("agreement");
        string text = agreement.GetProperty("text").GetString()!;
        Assert.That(text, Does.Contain("ДОГОВОР"));
        Assert.That(agreement.GetProperty("sha256").GetString(), Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))));
        Guid id = Applicant.Id(shown);
        await Applicant.Json(await applicant.ConfirmAsync(shown));
        await applicant.UntilAsync(id, "Issued");
        Assert.That(Registration.Subjects[id].Write(), Is.EqualTo(shown.GetProperty("data").GetRawText()));
    }

    [TestCase("certificate", "certificate"), TestCase("status", "status"), TestCase("listed", null), TestCase(null, null)]
    [Property("Clause", "R-221, R-222")]
    public async Task What_the_public_register_may_tell_is_shown_signed_and_passed_on(string? wanted, string? passed)
    {
        using Applicant applicant = Registration.NewApplicant();
        JsonElement shown = await Applicant.Json(await applicant.AskAsync(publication: wanted));
        Assert.That(shown.GetProperty("data").TryGetProperty("publication", out JsonElement publication) ? publication.GetString() : null, Is.EqualTo(passed));
        Guid id = Applicant.Id(shown);
        await Applicant.Json(await applicant.ConfirmAsync(shown));
        await applicant.UntilAsync(id, "Issued");
        Assert.That(Registration.Subjects[id].Publication, Is.EqualTo(passed));
    }

    [Test]
    public async Task Publication_is_one_of_a_list()
    {
        using Applicant applicant = Registration.NewApplicant();
        using HttpResponseMessage answer = await applicant.AskAsync(publication: "everything");
        Assert.That((answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("code").GetString()), Is.EqualTo((HttpStatusCode.BadRequest, "unknown_publication")));
    }

    [Test]
    [Requirement("S3-15")]
    public async Task After_the_confirmation_the_certificate_is_issued_by_itself_with_progress()
    {
        using Applicant applicant = Registration.NewApplicant();
        JsonElement shown = await Applicant.Json(await applicant.AskAsync("RSA-3072"));
        Assert.That((shown.GetProperty("state").GetString(), shown.GetProperty("progress").GetInt32()), Is.EqualTo(("DataConfirmationPending", 0)));
        HttpResponseMessage confirmed = await applicant.ConfirmAsync(shown);
        Assert.That(confirmed.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Guid id = Applicant.Id(shown);
        JsonElement issued = await applicant.UntilAsync(id, "Issued");
        Assert.That(issued.GetProperty("credentialId").GetGuid(), Is.EqualTo(Registration.Keys[id]));
        Assert.That(issued.GetProperty("serial").GetString(), Is.EqualTo(Registration.Certificates[id]));
        Assert.That(issued.GetProperty("progress").GetInt32(), Is.EqualTo(100));
        Assert.That(Registration.Algorithms[id], Is.EqualTo("RSA-3072"));
        Assert.That(await Registration.StatesAsync(id), Is.EqualTo(new[] { "DataConfirmationPending", "AgreementSigned", "Issuing", "Issued" }));
    }

    [Test]
    public async Task No_key_exists_before_the_applicant_has_agreed()
    {
        using Applicant applicant = Registration.NewApplicant();
        Guid id = Applicant.Id(await Applicant.Json(await applicant.AskAsync()));
        await Task.Delay(400); // several rounds of the worker
        Assert.That(Registration.Keys.ContainsKey(id), Is.False);
        Assert.That(await Registration.StatesAsync(id), Is.EqualTo(new[] { "DataConfirmationPending" }));
    }

    [Test]
    public async Task Confirming_again_changes_nothing()
    {
        using Applicant applicant = Registration.NewApplicant();
        JsonElement shown = await Applicant.Json(await applicant.AskAsync());
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => applicant.ConfirmAsync(shown)));
        Assert.That(answers.Select(a => a.StatusCode), Is.All.EqualTo(HttpStatusCode.Accepted));
        await applicant.UntilAsync(Applicant.Id(shown), "Issued");
        Assert.That((await applicant.ConfirmAsync(shown)).StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(await Registration.StatesAsync(Applicant.Id(shown)), Has.Length.EqualTo(4));
    }

    [TestCase("aud", "pechat-sam")]
    [TestCase("iss", "00000000-0000-0000-0000-000000000001")]
    [TestCase("request", "00000000-0000-0000-0000-000000000001")]
    [TestCase("data", "AAAA")]
    [TestCase("agreement", "AAAA")]
    [TestCase("iat", 1)]
    public async Task A_proof_over_anything_else_is_refused(string member, object value)
    {
        using Applicant applicant = Registration.NewApplicant();
        JsonElement shown = await Applicant.Json(await applicant.AskAsync());
        await Refused(await applicant.ConfirmAsync(shown, new() { [member] = value }), HttpStatusCode.Forbidden, "invalid_proof");
        Assert.That(await Registration.StatesAsync(Applicant.Id(shown)), Is.EqualTo(new[] { "DataConfirmationPending" }));
    }

    [Test]
    public async Task A_proof_by_another_key_and_a_malformed_one_are_refused()
    {
        using Applicant applicant = Registration.NewApplicant();
        JsonElement shown = await Applicant.Json(await applicant.AskAsync());
        using ECDsa stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await Refused(await applicant.ConfirmAsync(shown, key: stranger), HttpStatusCode.Forbidden, "invalid_proof");
        string path = $"/registration/v1/requests/{Applicant.Id(shown)}/confirm";
        await Refused(await Registration.SendAsync(HttpMethod.Post, path, new { proof = "a.b.c" }, applicant.Token), HttpStatusCode.BadRequest, "invalid_proof");
        await Refused(await Registration.SendAsync(HttpMethod.Post, path, new { }, applicant.Token), HttpStatusCode.BadRequest, "invalid_proof");
    }

    [Test]
    public async Task A_detached_phone_confirms_nothing()
    {
        using Applicant applicant = Registration.NewApplicant();
        JsonElement shown = await Applicant.Json(await applicant.AskAsync());
        Registration.Detach(applicant);
        await Refused(await applicant.ConfirmAsync(shown), HttpStatusCode.Forbidden, "device_not_active");
    }

    [Test]
    public async Task Anothers_request_does_not_exist_for_the_caller()
    {
        using Applicant owner = Registration.NewApplicant();
        using Applicant stranger = Registration.NewApplicant();
        JsonElement shown = await Applicant.Json(await owner.AskAsync());
        await Refused(await stranger.GetAsync(Applicant.Id(shown)), HttpStatusCode.NotFound, "unknown_request");
        await Refused(await stranger.ConfirmAsync(shown), HttpStatusCode.NotFound, "unknown_request");
    }

    [Test]
    public async Task A_person_has_one_active_cloud_certificate() // R-108, AC-010
    {
        using Applicant applicant = Registration.NewApplicant();
        HttpResponseMessage[] asked = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => applicant.AskAsync()));
        Guid[] ids = [.. (await Task.WhenAll(asked.Select(Applicant.Json))).Select(Applicant.Id)];
        Assert.That(ids.Distinct().Count(), Is.EqualTo(1));
        await Applicant.Json(await applicant.ConfirmAsync(await Applicant.Json(await applicant.GetAsync(ids[0]))));
        await applicant.UntilAsync(ids[0], "Issued");
        await Refused(await applicant.AskAsync(), HttpStatusCode.Conflict, "certificate_exists");
    }

    [Test]
    public async Task Asking_again_before_confirming_shows_what_holds_now()
    {
        using Applicant applicant = Registration.NewApplicant();
        JsonElement first = await Applicant.Json(await applicant.AskAsync());
        Registration.Change(applicant, c => c.Email = "new@example.com");
        await Refused(await applicant.ConfirmAsync(first), HttpStatusCode.Conflict, "data_changed");
        JsonElement second = await Applicant.Json(await applicant.AskAsync("P-384"));
        Assert.That(Applicant.Id(second), Is.EqualTo(Applicant.Id(first)));
        Assert.That(second.GetProperty("data").GetProperty("email").GetString(), Is.EqualTo("new@example.com"));
        await Refused(await applicant.ConfirmAsync(first), HttpStatusCode.Forbidden, "invalid_proof"); // the old text is not agreed to
        await Applicant.Json(await applicant.ConfirmAsync(second));
        await applicant.UntilAsync(Applicant.Id(second), "Issued");
        Assert.That(Registration.Algorithms[Applicant.Id(second)], Is.EqualTo("P-384"));
    }

    [TestCase("cloud-professional", "P-256", "unknown_product")]
    [TestCase("cloud-personal", "DSA", "unknown_algorithm")]
    public async Task What_is_not_offered_is_refused(string product, string algorithm, string code)
    {
        using Applicant applicant = Registration.NewApplicant();
        await Refused(await applicant.AskAsync(algorithm, product), HttpStatusCode.BadRequest, code);
    }

    [Test]
    public async Task Only_an_active_profile_with_a_fresh_identification_gets_a_certificate() // SM-1, SM-3
    {
        using Applicant locked = Registration.NewApplicant(state: CustomerState.Locked);
        await Refused(await locked.AskAsync(), HttpStatusCode.Conflict, "profile_not_active");
        using Applicant late = Registration.NewApplicant();
        JsonElement shown = await Applicant.Json(await late.AskAsync());
        Registration.Change(late, c => c.Person.VerifiedAt = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(Registration.Cluster.Clock.GetUtcNow().AddDays(-31)));
        await Refused(await late.ConfirmAsync(shown), HttpStatusCode.Conflict, "identity_too_old");
        await Refused(await late.AskAsync(), HttpStatusCode.Conflict, "identity_too_old");
    }

    [Test]
    public async Task Names_of_any_script_are_hashed_as_a_browser_writes_them()
    {
        using Applicant applicant = Registration.NewApplicant(given: "Łucja-Ana O’Neil");
        JsonElement shown = await Applicant.Json(await applicant.AskAsync());
        // JSON.stringify escapes nothing of this.
        string stringified = """{"commonName":"Łucja-Ana O’Neil Petrov","givenName":"Łucja-Ana O’Neil","surname":"Petrov","serialNumber":"PNOBG-8503124420","country":"BG","email":"ivan@example.com"}""";
        string hash = System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(stringified)));
        await Applicant.Json(await applicant.ConfirmAsync(shown, new() { ["data"] = hash }));
    }

    [Test]
    public async Task Only_a_phones_token_is_accepted()
    {
        string portal = Registration.Cluster.Tokens.Issue(Guid.NewGuid(), "portal");
        await Refused(await Registration.SendAsync(HttpMethod.Post, "/registration/v1/requests", new { product = "cloud-personal" }, portal), HttpStatusCode.Forbidden, "insufficient_scope");
        await Refused(await Registration.SendAsync(HttpMethod.Post, "/registration/v1/requests", new { product = "cloud-personal" }, null), HttpStatusCode.Unauthorized, "invalid_token");
    }

    [Test]
    public async Task The_service_cannot_change_the_evidence_of_a_request()
    {
        await using NpgsqlConnection db = await Registration.Database.DataSource.OpenConnectionAsync();
        Assert.That(() => db.Execute("update request_transition set state = 'x'"), Throws.TypeOf<PostgresException>().With.Property("SqlState").EqualTo("42501"));
        Assert.That(() => db.Execute("delete from request_transition"), Throws.TypeOf<PostgresException>().With.Property("SqlState").EqualTo("42501"));
    }
}
