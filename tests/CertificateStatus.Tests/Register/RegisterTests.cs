using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using Pechat.Contracts.CertificateAuthority.V1;
using Pechat.Testing;

namespace Pechat.CertificateStatus.Tests.Register;

/// <summary>The public register behind the real CA: events feed it, everybody may read it.</summary>
internal sealed class RegisterTests : StatusTests
{
    private const string AnyLanguage = "";

    [Test, Requirement("S0-63")]
    public async Task Issued_certificate_is_found_by_each_word_of_its_name_by_mail_and_by_serial()
    {
        IssuedCertificate issued = await IssueAsync("Радостина", "Калоянова", "radostina@example.org");
        await UntilAsync(issued, "valid");
        foreach (string query in new[] { "name=радост", "name=КАЛОЯНОВА", "name=Калоянова Радостина", "email=Radostina@Example.org", $"serial={issued.Serial}", $"serial={issued.Serial.ToLowerInvariant()}", "name=калоянова&email=radostina@example.org" })
            Assert.That((await FindAsync(query)).Select(each => (string?)each["serial"]), Is.EqualTo(new[] { issued.Serial }), query);
        foreach (string query in new[] { "name=лоянова", "email=radostina@example", $"serial={issued.Serial[..10]}", "name=калоянова&email=other@example.org", "organisation=Калоянова" })
            Assert.That(await FindAsync(query), Is.Empty, query);
    }

    [Test, Requirement("S0-62")]
    public async Task Status_follows_suspension_resumption_revocation_and_expiry()
    {
        IssuedCertificate issued = await IssueAsync("Дамян", "Статусов", "damyan@example.org"), expiring = await IssueAsync("Емил", "Статусов", "emil@example.org");
        await UntilAsync(issued, "valid");
        await UntilAsync(expiring, "valid");
        await Status.Authority.ChangeAsync(issued.Serial, CertificateState.Suspended, 6);
        await UntilAsync(issued, "suspended");
        Assert.That(await SerialsAsync("name=статусов&status=suspended"), Is.EqualTo(new[] { issued.Serial }));
        await Status.Authority.ChangeAsync(issued.Serial, CertificateState.Active);
        await UntilAsync(issued, "valid");
        await Status.Authority.ChangeAsync(issued.Serial, CertificateState.Revoked, 1);
        await UntilAsync(issued, "revoked");
        Assert.Multiple(async () =>
        {
            Assert.That(await SerialsAsync("name=статусов&status=revoked"), Is.EqualTo(new[] { issued.Serial }));
            Assert.That(await SerialsAsync("name=статусов&status=valid"), Is.EqualTo(new[] { expiring.Serial }));
            Assert.That(await SerialsAsync("name=статусов&status=expired"), Is.Empty);
        });
        await SetAsync(expiring.Serial, "not_after = now() - interval '1 day'"); // as if its years had passed
        Assert.Multiple(async () =>
        {
            Assert.That(await SerialsAsync("name=статусов&status=expired"), Is.EqualTo(new[] { expiring.Serial }));
            Assert.That(await SerialsAsync("name=статусов&status=invalid"), Is.EquivalentTo(new[] { issued.Serial, expiring.Serial }));
            Assert.That((string?)(await FindAsync($"serial={expiring.Serial}")).Single()["status"], Is.EqualTo("expired"));
        });
    }

    [Test, Property("Clause", "R-054, AC-210")]
    public async Task No_answer_holds_a_personal_number_or_an_address()
    {
        IssuedCertificate issued = await IssueAsync("Лъчезар", "Номеров", "lachezar@example.org");
        await UntilAsync(issued, "valid");
        string json = await Status.Http.GetStringAsync(new Uri("/register/v1/certificates?name=номеров", UriKind.Relative));
        string page = await Status.Http.GetStringAsync(new Uri("/register?name=номеров", UriKind.Relative));
        using HttpResponseMessage file = await Status.Http.GetAsync(new Uri($"/register/v1/certificates/{issued.Serial}.cer", UriKind.Relative));
        Assert.Multiple(() =>
        {
            Assert.That(json, Does.Contain(issued.Serial).And.Not.Contain("8001014509").And.Not.Contain("PNO").And.Not.Contain("lachezar"));
            Assert.That(page, Does.Contain(issued.Serial).And.Not.Contain("8001014509").And.Not.Contain("PNO").And.Not.Contain("lachezar"));
            Assert.That(file.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), "the number stands in the certificate, and nobody agreed to its publication");
        });
    }

    [Test, Property("Clause", "R-221")]
    public async Task Certificate_whose_holder_agreed_can_be_downloaded()
    {
        IssuedCertificate issued = await IssueAsync("Ивета", "Съгласна", "iveta@example.org", Publication.Certificate);
        await UntilAsync(issued, "valid");
        JsonNode item = (await FindAsync("name=съгласна")).Single();
        using HttpResponseMessage file = await Status.Http.GetAsync(new Uri((string)item["certificate"]!, UriKind.Relative));
        Assert.Multiple(async () =>
        {
            Assert.That(await file.Content.ReadAsByteArrayAsync(), Is.EqualTo(issued.Certificate.ToByteArray()));
            Assert.That(file.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/pkix-cert"));
            Assert.That(await Status.Http.GetStringAsync(new Uri("/register?name=съгласна", UriKind.Relative)), Does.Contain($"href=\"{item["certificate"]}\" download"));
        });
    }

    [Test, Property("Clause", "R-222")]
    public async Task Holder_who_refused_publication_is_found_by_serial_only_and_without_a_name()
    {
        IssuedCertificate issued = await IssueAsync("Огнян", "Скрит", "ognyan@example.org", Publication.Status);
        await UntilAsync(issued, "valid");
        JsonNode item = (await FindAsync($"serial={issued.Serial}")).Single();
        Assert.Multiple(async () =>
        {
            Assert.That((string?)item["status"], Is.EqualTo("valid"));
            Assert.That(item["name"], Is.Null);
            foreach (string query in new[] { "name=скрит", "email=ognyan@example.org", $"serial={issued.Serial}&name=скрит", $"serial={issued.Serial}&email=ognyan@example.org" })
                Assert.That(await FindAsync(query), Is.Empty, query);
        });
    }

    [Test]
    public async Task Pages_hold_each_certificate_once_in_the_order_of_names()
    {
        await using (var connection = await Status.Database.Owner.OpenConnectionAsync())
        {
            await connection.ExecuteAsync("""
                insert into registered_certificate (serial, issuer, profile, name, organisation, not_before, not_after, state, since, publication)
                select 'AA' || to_char(n, 'FM0000'), 'CA', 'p', 'Листа Листова ' || n % 10, 'Листа ООД', now(), now() + interval '1 year', 'active', now(), 'listed' from generate_series(1, 25) n;
                insert into register_key (kind, key, serial)
                select 'name', key, 'AA' || to_char(n, 'FM0000') from generate_series(1, 25) n, lateral (values ('lista listova ' || n % 10), ('listova ' || n % 10 || ' lista')) as turns (key);
                insert into register_key (kind, key, serial) select 'organisation', 'lista ood', 'AA' || to_char(n, 'FM0000') from generate_series(1, 25) n;
                """);
        }
        foreach (string query in new[] { "name=лист", "organisation=листа", "name=листова&organisation=листа" })
        {
            var seen = new List<(string Name, string Serial)>();
            string? next = "";
            for (int page = 0; next is not null; page++)
            {
                JsonNode answer = await GetAsync($"{query}&limit=10{(next.Length > 0 ? "&after=" + next : "")}");
                seen.AddRange(answer["certificates"]!.AsArray().Select(each => ((string)each!["name"]!, (string)each["serial"]!)));
                next = (string?)answer["next"];
                Assert.That(page, Is.LessThan(3));
            }
            Assert.That(seen, Has.Count.EqualTo(25).And.Unique, query);
            Assert.That(seen, query.StartsWith("name", StringComparison.Ordinal) ? Is.Ordered : Is.Not.Empty, query);
        }
    }

    [TestCase("name=Ив", "criterion_too_short")]
    [TestCase("name=8001014509", "personal_number")]
    [TestCase("", "criterion_missing")]
    [TestCase("name=Иванова&after=zzzz", "invalid_after")]
    public async Task Refusal_is_a_problem_with_its_code(string query, string code)
    {
        using HttpResponseMessage answer = await Status.Http.GetAsync(new Uri($"/register/v1/certificates?{query}", UriKind.Relative));
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.That((answer.StatusCode, problem.GetProperty("code").GetString()), Is.EqualTo((HttpStatusCode.BadRequest, code)));
    }

    [TestCase("bg", AnyLanguage, "Публичен регистър на удостоверенията")]
    [TestCase("en", "?lang=en", "Public register of certificates")]
    public async Task Page_is_a_form_that_needs_no_script(string language, string query, string title)
    {
        using HttpResponseMessage answer = await Status.Http.GetAsync(new Uri($"/register{query}", UriKind.Relative));
        string page = WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync());
        Assert.Multiple(() =>
        {
            Assert.That(page, Does.Contain($"<html lang=\"{language}\">").And.Contain($"<h1>{title}</h1>").And.Contain("href=\"#main\"").And.Contain("method=\"get\" action=\"/register\""));
            foreach (string field in new[] { "name", "organisation", "email", "serial", "status" })
                Assert.That(page, Does.Contain($"<label for=\"{field}\">").And.Contain($"id=\"{field}\" name=\"{field}\""), field);
            Assert.That(page, Does.Not.Contain("<script").And.Not.Contain("style=\"").And.Not.Contain("role=\"alert\""));
            Assert.That(answer.Headers.GetValues("Content-Security-Policy").Single(), Does.StartWith("default-src 'none'").And.Contain("frame-ancestors 'none'"));
        });
    }

    [TestCase("?name=Ив&lang=en", "at least three letters")]
    [TestCase("?name=8001014509&lang=en", "by personal number")]
    [TestCase("?name=&organisation=&email=&serial=&status=&lang=en", "at least one field")]
    public async Task Page_says_what_is_wrong_with_a_search(string query, string text)
    {
        using HttpResponseMessage answer = await Status.Http.GetAsync(new Uri($"/register{query}", UriKind.Relative));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Match($"role=\"alert\"[^<]*>[^<]*{text}"));
    }

    [Test]
    public async Task What_a_visitor_types_is_shown_as_text()
    {
        string page = await Status.Http.GetStringAsync(new Uri("/register?name=" + Uri.EscapeDataString("\"><script>alert(1)</script>"), UriKind.Relative));
        Assert.That(page, Does.Contain("value=\"&quot;&gt;&lt;script&gt;").And.Not.Contain("<script"));
    }

    [Test]
    public async Task Style_has_a_dark_and_a_light_ground()
    {
        using HttpResponseMessage answer = await Status.Http.GetAsync(new Uri("/register/register.css", UriKind.Relative));
        Assert.That(answer.Content.Headers.ContentType!.MediaType, Is.EqualTo("text/css"));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("prefers-color-scheme: dark"));
    }

    private async Task<IssuedCertificate> IssueAsync(string givenName, string surname, string email, Publication publication = Publication.Listed)
    {
        IssueRequest request = await CertificateAuthority.Tests.RunningAuthority.RequestAsync();
        request.Subject.CommonName = $"{givenName} {surname}";
        (request.Subject.GivenName, request.Subject.Surname, request.Subject.Email) = (givenName, surname, email);
        request.Publication = publication;
        return await Status.Authority.Issuer.IssueAsync(request);
    }

    private Task UntilAsync(IssuedCertificate issued, string status) => Eventually.HoldsAsync(
        async () => (await FindAsync($"serial={issued.Serial}")).SingleOrDefault() is { } item && (string?)item["status"] == status, $"the register says {status}", 20);

    private async Task SetAsync(string serial, string assignment)
    {
        await using var connection = await Status.Database.Owner.OpenConnectionAsync();
        await connection.ExecuteAsync($"update registered_certificate set {assignment} where serial = @serial", new { serial });
    }

    private async Task<string[]> SerialsAsync(string query) => [.. (await FindAsync(query)).Select(each => (string)each["serial"]!)];

    private async Task<JsonNode[]> FindAsync(string query) => [.. (await GetAsync(query))["certificates"]!.AsArray().OfType<JsonNode>()];

    private async Task<JsonNode> GetAsync(string query) => (await Status.Http.GetFromJsonAsync<JsonNode>(new Uri($"/register/v1/certificates?{query}", UriKind.Relative)))!;
}
