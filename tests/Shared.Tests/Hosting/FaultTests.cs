using System.Net;
using System.Text;
using System.Text.Json;
using Pechat.Contracts;

namespace Pechat.Shared.Tests.Hosting;

public sealed class FaultTests : HostingFixture
{
    [TestCase(FaultKind.Invalid, 400), TestCase(FaultKind.Unauthenticated, 401), TestCase(FaultKind.Forbidden, 403), TestCase(FaultKind.NotFound, 404)]
    [TestCase(FaultKind.Conflict, 409), TestCase(FaultKind.Exhausted, 429), TestCase(FaultKind.Unavailable, 503)]
    [Property("Clause", "RFC 9457 §3")]
    public async Task Our_own_rest_answers_problem_details(FaultKind kind, int status)
    {
        using HttpResponseMessage answer = await Gateway.GetAsync($"/fault/{kind}");
        Assert.That((int)answer.StatusCode, Is.EqualTo(status));
        Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/problem+json"));
        JsonElement body = (await JsonOf(answer)).Body;
        Assert.That(body.GetProperty("status").GetInt32(), Is.EqualTo(status));
        Assert.That(body.GetProperty("code").GetString(), Is.EqualTo("some_code"));
        Assert.That(body.GetProperty("detail").GetString(), Is.EqualTo("a sentence for the caller"));
        Assert.That(answer.Headers.RetryAfter is not null, Is.EqualTo(status is 429 or 503));
    }

    [TestCase("/csc/v2", FaultKind.Conflict, 400), TestCase("/csc/v2", FaultKind.Unavailable, 503), TestCase("/oauth2", FaultKind.Unauthenticated, 401)]
    public async Task Csc_and_oauth_answer_error_and_description(string prefix, FaultKind kind, int status)
    {
        var (actual, body) = await GetAsync($"{prefix}/fault/{kind}");
        Assert.That((int)actual, Is.EqualTo(status));
        Assert.That(body.EnumerateObject().Select(p => (p.Name, p.Value.GetString())),
            Is.EqualTo(new[] { ("error", "some_code"), ("error_description", "a sentence for the caller") }));
    }

    [Test]
    public async Task A_defect_is_a_bare_500_logged_once()
    {
        Cluster.Logs.ExpectError(SampleService.DefectEvent);
        int before = Cluster.Logs.Lines.Count(l => l.EventId == SampleService.DefectEvent);
        var (status, body) = await GetAsync("/defect");
        Assert.That(status, Is.EqualTo(HttpStatusCode.InternalServerError));
        Assert.That(body.GetProperty("code").GetString(), Is.EqualTo("internal_error"));
        Assert.That(body.ToString(), Does.Not.Contain("inner secret"));
        Assert.That(Cluster.Logs.Lines.Count(l => l.EventId == SampleService.DefectEvent), Is.EqualTo(before + 1));
        Assert.That(Cluster.Logs.Lines.Count(l => l.Exception?.Message == "inner secret"), Is.EqualTo(before + 1), "nobody else logs it");
    }

    [TestCase("/nowhere", "not_found"), TestCase("/orders", "method_not_allowed")]
    public async Task Answers_of_routing_have_a_body_as_well(string path, string code) =>
        Assert.That((await GetAsync(path)).Body.GetProperty("code").GetString(), Is.EqualTo(code));

    [TestCase("""{"name":"a","name":"b"}""", TestName = "duplicate member")]
    [TestCase("""{"name":"a"} {}""", TestName = "trailing data")]
    [TestCase("""{"name":"a","count":"1"}""", TestName = "number as text")]
    [TestCase("""{"name":null}""", TestName = "null for a value that must be there")]
    [TestCase("""{"name":"a",}""", TestName = "trailing comma")]
    [TestCase("""{"name":""", TestName = "cut off")]
    [TestCase("", TestName = "empty")]
    public async Task Json_that_is_not_strict_is_refused_in_the_form_of_the_surface(string json)
    {
        var ours = await PostAsync("/orders", json);
        Assert.That((ours.Status, ours.Body.GetProperty("code").GetString()), Is.EqualTo((HttpStatusCode.BadRequest, "invalid_request")));
        var csc = await PostAsync("/csc/v2/orders", json);
        Assert.That((csc.Status, csc.Body.GetProperty("error").GetString()), Is.EqualTo((HttpStatusCode.BadRequest, "invalid_request")));
    }

    [Test]
    public async Task Json_is_written_in_camel_case_without_nulls()
    {
        using HttpResponseMessage answer = await Gateway.PostAsync("/orders", new StringContent("""{"name":"a"}""", Encoding.UTF8, "application/json"));
        Assert.That(await answer.Content.ReadAsStringAsync(), Is.EqualTo("""{"name":"a"}"""));
    }

    [Test]
    public async Task A_body_above_the_limit_is_413()
    {
        var (status, body) = await PostAsync("/orders", $$"""{"name":"{{new string('a', 1024 * 1024)}}"}""");
        Assert.That((status, body.GetProperty("code").GetString()), Is.EqualTo((HttpStatusCode.RequestEntityTooLarge, "request_too_large")));
    }

    [Test]
    public async Task Another_media_type_is_415()
    {
        using HttpResponseMessage answer = await Gateway.PostAsync("/orders", new StringContent("a=b", Encoding.UTF8, "application/x-www-form-urlencoded"));
        Assert.That((await JsonOf(answer)).Body.GetProperty("code").GetString(), Is.EqualTo("unsupported_media_type"));
    }

    [Test]
    public async Task Every_answer_carries_a_correlation_id_and_a_peers_id_is_kept()
    {
        using HttpResponseMessage made = await Gateway.GetAsync("/open");
        Assert.That(made.Headers.GetValues("X-Correlation-Id").Single(), Has.Length.EqualTo(32));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/fault/Invalid");
        request.Headers.Add("X-Correlation-Id", "abc-123");
        using HttpResponseMessage kept = await Gateway.SendAsync(request);
        Assert.That(kept.Headers.GetValues("X-Correlation-Id").Single(), Is.EqualTo("abc-123"));
        using var bad = new HttpRequestMessage(HttpMethod.Get, "/open");
        bad.Headers.TryAddWithoutValidation("X-Correlation-Id", "a b<script>");
        using HttpResponseMessage replaced = await Gateway.SendAsync(bad);
        Assert.That(replaced.Headers.GetValues("X-Correlation-Id").Single(), Has.Length.EqualTo(32));
    }

    private async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string path, string json)
    {
        using HttpResponseMessage answer = await Gateway.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json"));
        return await JsonOf(answer);
    }
}
