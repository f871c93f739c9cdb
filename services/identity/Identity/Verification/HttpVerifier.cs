using System.Net;
using System.Text.Json;
using Pechat.Contracts;
using Pechat.Hosting.Jose;

namespace Pechat.Identity.Verification;

/// <summary>
/// A verifier of another house, over HTTPS: one session for each case, made by <c>PUT sessions/{id}</c>, which may be repeated and always
/// answers where the session stands. What it says counts only by its signed assertion, which names customer and key and which the SAM judges.
/// </summary>
internal sealed partial class HttpVerifier(IHttpClientFactory clients, IdentityOptions options, ILogger<HttpVerifier> logger) : IIdentityVerifier
{
    /// <summary>Name of the HTTP client.</summary>
    internal const string ClientName = "verification-provider";

    private readonly ProviderOptions _provider = options.Provider!;

    private sealed record Session(
        Guid Id, Guid Customer, string DocumentNumber, string NationalId, string NationalIdType, string GivenName, string Surname, DateOnly DateOfBirth,
        string KeyThumbprint, IReadOnlyList<string> Clarifications);

    private sealed record Answer(string? State, Uri? Page, string? Assertion, string? Reason, Dictionary<string, string>? Checks);

    public string Name => _provider.Name;

    public string Method => _provider.Method;

    public async Task<VerificationOutcome> ExamineAsync(VerificationCase examined, CancellationToken ct)
    {
        var session = new Session(
            examined.Id, examined.CustomerId, examined.DocumentNumber, examined.Number.Value, examined.Number.Type.ToString(), examined.GivenName, examined.Surname,
            examined.DateOfBirth, examined.DeviceKey.Thumbprint, examined.Clarifications);
        Answer answer = await AskAsync(HttpMethod.Put, examined.Id, "", session, ct);
        VerificationOutcome outcome = answer.State switch
        {
            "capturing" => new VerificationOutcome.Capturing(answer.Page is { IsAbsoluteUri: true, Scheme: "https" } page ? page : null),
            "pending" => new VerificationOutcome.Pending(),
            "positive" => new VerificationOutcome.Positive(Checked(answer, examined)),
            "negative" => new VerificationOutcome.Negative(Reasons.ForOperators.Contains(answer.Reason, StringComparer.Ordinal) ? answer.Reason! : Reasons.NotAccepted),
            "suspended" => new VerificationOutcome.Suspended(Reasons.ForOperators.Contains(answer.Reason, StringComparer.Ordinal) ? answer.Reason! : Reasons.DocumentUnreadable),
            "failed" => new VerificationOutcome.Failed(),
            _ => throw Unusable(examined.Id, "an unknown state"),
        };
        return outcome with { Checks = answer.Checks ?? [] };
    }

    public async Task<string> AssertAsync(VerificationCase decided, CancellationToken ct) =>
        Checked(await AskAsync(HttpMethod.Post, decided.Id, "/decision", new { outcome = "positive" }, ct), decided);

    /// <summary>The assertion, if it is one about this customer and key; otherwise a phone would be refused much later by the SAM.</summary>
    private string Checked(Answer answer, VerificationCase about)
    {
        CompactJws assertion;
        try
        {
            assertion = CompactJws.Parse(answer.Assertion);
        }
        catch (FormatException e)
        {
            throw Unusable(about.Id, e.Message);
        }
        bool fits = assertion.Has("aud", "pechat-sam") && assertion.Has("sub", about.CustomerId.ToString()) && assertion.Has("outcome", "positive")
            && assertion.Payload.TryGetProperty("cnf", out JsonElement cnf) && cnf.ValueKind == JsonValueKind.Object
            && cnf.TryGetProperty("jkt", out JsonElement jkt) && jkt.ValueKind == JsonValueKind.String && jkt.GetString() == about.DeviceKey.Thumbprint;
        return fits ? answer.Assertion! : throw Unusable(about.Id, "an assertion about somebody else");
    }

    private async Task<Answer> AskAsync(HttpMethod method, Guid about, string what, object body, CancellationToken ct)
    {
        try
        {
            using HttpClient client = clients.CreateClient(ClientName);
            using var request = new HttpRequestMessage(method, new Uri($"sessions/{about}{what}", UriKind.Relative)) { Content = JsonContent.Create(body, options: JsonSerializerOptions.Web) };
            request.Headers.Authorization = new("Bearer", (await File.ReadAllTextAsync(_provider.TokenFile, ct)).Trim());
            using HttpResponseMessage answer = await client.SendAsync(request, ct);
            return answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Created
                ? await answer.Content.ReadFromJsonAsync<Answer>(JsonSerializerOptions.Web, ct) ?? throw Unusable(about, "an empty answer")
                : throw Unusable(about, $"status {(int)answer.StatusCode}");
        }
        catch (Exception e) when (e is HttpRequestException or JsonException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            throw Unusable(about, e.GetType().Name);
        }
    }

    /// <summary>Whatever the provider answers that cannot be used: the case stays open and is asked about again.</summary>
    private FaultException Unusable(Guid verification, string why)
    {
        NotUsable(logger, verification, why);
        return FaultException.Unavailable("provider_unavailable", "the identity provider gives no usable answer at the moment; try again");
    }

    [LoggerMessage(1204, LogLevel.Warning, "The identity provider gave no usable answer about verification {Verification}: {Why}")]
    private static partial void NotUsable(ILogger logger, Guid verification, string why);
}
