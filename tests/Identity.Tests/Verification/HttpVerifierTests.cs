using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Pechat.Hosting.Jose;
using Pechat.Identity.Verification;
using Pechat.Testing;

namespace Pechat.Identity.Tests.Verification;

/// <summary>Identity with a provider of another house, which the test plays.</summary>
internal sealed class HttpVerifierTests
{
    private readonly ConcurrentDictionary<string, Func<JsonObject, object>> _answers = new(); // by document number
    private readonly ConcurrentQueue<string> _asked = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private IdentityFixture _identity = null!;
    private WebApplication _provider = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        int port = FreePort.Take();
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls($"http://127.0.0.1:{port}");
        _provider = builder.Build();
        _provider.Run(AnswerAsync);
        await _provider.StartAsync();
        _identity = await IdentityFixture.StartAsync($"http://127.0.0.1:{port}/api/");
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await _identity.DisposeAsync();
        await _provider.DisposeAsync();
        _key.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        _asked.Enqueue($"{context.Request.Method} {context.Request.Path} {context.Request.Headers.Authorization}");
        JsonObject session = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
        if (!_answers.TryGetValue((string?)session["documentNumber"] ?? "decision", out var answer))
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return;
        }
        await context.Response.WriteAsJsonAsync(answer(session));
    }

    private object Positive(JsonObject session, string? jkt = null) => new
    {
        state = "positive", checks = new { liveness = "0.98" },
        assertion = CompactJws.Sign(new { iss = "other", aud = "pechat-sam", sub = (string?)session["customer"], outcome = "positive", cnf = new { jkt = jkt ?? (string?)session["keyThumbprint"] } }, _key),
    };

    private async Task<Phone> Asked(string document, Func<JsonObject, object>? answer)
    {
        if (answer is not null)
            _answers[document] = answer;
        Phone phone = _identity.NewPhone();
        await phone.RegisterAsync();
        await phone.SubmitAsync(IdentityFixture.NewEgn(), document);
        return phone;
    }

    private static Task Until(Phone phone, string state) => Eventually.HoldsAsync(
        async () => (await phone.VerificationAsync()).GetProperty("state").GetString() == state, $"the case is {state}");

    private async Task<HttpStatusCode> CallBack(string body, string? header = null)
    {
        byte[] secret = Encoding.UTF8.GetBytes(await File.ReadAllTextAsync(_identity.SecretFile("callback")));
        using HttpClient client = _identity.Cluster.Client(_identity.Service);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/identity/v1/provider/callback") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add(ProviderCallback.Header, header ?? ProviderCallback.Sign(body, secret, _identity.Now));
        using HttpResponseMessage answer = await client.SendAsync(request);
        return answer.StatusCode;
    }

    [Test]
    public async Task A_positive_answer_counts_with_its_assertion_and_its_checks_are_evidence()
    {
        using Phone phone = await Asked("AA0000001", s => Positive(s));
        await Until(phone, "positive");
        Assert.That(_asked, Does.Contain($"PUT /api/sessions/{phone.VerificationId} Bearer secret-token"));
        string evidence = (await _identity.QueryAsync<string>("select content from verification_evidence where verification_id = @VerificationId and kind = 'decided'", phone)).Single();
        Assert.That(JsonElement.Parse(evidence).GetProperty("evidence").GetProperty("liveness").GetString(), Is.EqualTo("0.98"));
        Assert.That(await _identity.QueryAsync<string>("select method from person where customer_id = @CustomerId", phone), Is.EqualTo(new[] { "remote-video" }));
    }

    [TestCase("negative", "person_mismatch", "negative", "person_mismatch")]
    [TestCase("negative", "anything else", "negative", "not_accepted")]
    [TestCase("suspended", "document_expired", "suspended", "document_expired")]
    [TestCase("failed", null, "failed", null)]
    public async Task The_other_outcomes_are_taken_over_with_our_reasons(string state, string? reason, string ours, string? why)
    {
        using Phone phone = await Asked($"BB{RandomNumberGenerator.GetInt32(10_000_000):D7}", _ => new { state, reason });
        await Until(phone, ours);
        Assert.That((await phone.VerificationAsync()).TryGetProperty("reason", out JsonElement told) ? told.GetString() : null, Is.EqualTo(why));
    }

    [Test]
    public async Task An_assertion_about_another_key_an_error_or_nonsense_decides_nothing_until_the_provider_answers_well()
    {
        using Phone phone = await Asked("AA0000002", s => Positive(s, "another"));
        await NotDecided(phone);
        _answers["AA0000002"] = _ => new { state = "whatever" };
        await NotDecided(phone);
        _answers.TryRemove("AA0000002", out _); // status 500
        await NotDecided(phone);
        _answers["AA0000002"] = s => Positive(s);
        await CallBack($$"""{"id":"{{phone.VerificationId}}"}""");
        await Until(phone, "positive");
        _identity.Cluster.Logs.Verify();
    }

    private async Task NotDecided(Phone phone)
    {
        int before = _asked.Count(a => a.Contains(phone.VerificationId.ToString(), StringComparison.Ordinal));
        Assert.That(await CallBack($$"""{"id":"{{phone.VerificationId}}"}"""), Is.EqualTo(HttpStatusCode.NoContent));
        await Eventually.HoldsAsync(() => _asked.Count(a => a.Contains(phone.VerificationId.ToString(), StringComparison.Ordinal)) > before, "it is asked");
        Assert.That((await phone.VerificationAsync()).GetProperty("state").GetString(), Is.EqualTo("pending"));
    }

    [Test]
    public async Task While_the_person_is_captured_the_page_is_shown()
    {
        using Phone phone = await Asked("AA0000003", _ => new { state = "capturing", page = "https://provider.test/go" });
        await Eventually.HoldsAsync(async () => (await phone.VerificationAsync()).TryGetProperty("captureUrl", out JsonElement url) && url.GetString() == "https://provider.test/go", "it is shown");
        using Phone other = await Asked("AA0000004", _ => new { state = "capturing", page = "javascript:alert(1)" });
        await Eventually.HoldsAsync(async () => (await _identity.QueryAsync<string>("select state from verification where id = @VerificationId", other)).Single() == "Started", "it is captured");
        Assert.That((await other.VerificationAsync()).TryGetProperty("captureUrl", out _), Is.False);
    }

    [Test]
    public async Task A_callback_that_is_not_signed_now_by_the_provider_is_refused()
    {
        string body = $$"""{"id":"{{Guid.NewGuid()}}"}""";
        byte[] secret = Encoding.UTF8.GetBytes(await File.ReadAllTextAsync(_identity.SecretFile("callback")));
        Assert.That(await CallBack(body), Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(await CallBack(body, ProviderCallback.Sign(body, secret, _identity.Now - 301)), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await CallBack(body, ProviderCallback.Sign(body + " ", secret, _identity.Now)), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await CallBack(body, ProviderCallback.Sign(body, [1], _identity.Now)), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await CallBack(body, "x"), Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(await CallBack("[]"), Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await CallBack("{"), Is.EqualTo(HttpStatusCode.BadRequest));
    }
}
