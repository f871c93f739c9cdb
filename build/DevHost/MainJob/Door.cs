using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pechat.DevHost.Setup;

namespace Pechat.DevHost.MainJob;

/// <summary>The public door as an outsider sees it: TLS to the gateway, trusting the development TLS root and nothing else.</summary>
internal sealed class Door : IDisposable
{
    private readonly HttpClient _http;

    public Door(Layout layout)
    {
        Layout = layout;
        X509Certificate2 root = X509CertificateLoader.LoadCertificateFromFile(DevelopmentCertificates.TlsRoot(layout));
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false };
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { root },
            RevocationMode = X509RevocationMode.NoCheck, // a development certificate has no CRL
        };
        _http = new HttpClient(handler) { BaseAddress = layout.PublicBase, Timeout = TimeSpan.FromSeconds(90) };
    }

    public Layout Layout { get; }

    /// <summary>For callers that speak HTTP themselves; trusts this house.</summary>
    public HttpClient Http => _http;

    public Task<JsonNode> GetAsync(string path, string? token, CancellationToken ct) => JsonAsync(new(HttpMethod.Get, path), token, ct);

    public Task<JsonNode> PostAsync(string path, JsonObject body, string? token, CancellationToken ct) =>
        JsonAsync(new(HttpMethod.Post, path) { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") }, token, ct);

    public Task<JsonNode> PostFormAsync(string path, Dictionary<string, string> form, string? token, CancellationToken ct) =>
        JsonAsync(new(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(form) }, token, ct);

    /// <summary>Sends a request and answers whatever comes back.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, string? token, CancellationToken ct)
    {
        if (token is not null)
            request.Headers.Authorization = new("Bearer", token);
        return await _http.SendAsync(request, ct);
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonNode> JsonAsync(HttpRequestMessage request, string? token, CancellationToken ct)
    {
        using (request)
        using (HttpResponseMessage answer = await SendAsync(request, token, ct))
        {
            string text = await answer.Content.ReadAsStringAsync(ct);
            if (!answer.IsSuccessStatusCode)
                throw new RefusedException(request.Method.Method, request.RequestUri!.OriginalString, (int)answer.StatusCode, text);
            return text.Length == 0 ? new JsonObject() : JsonNode.Parse(text) ?? throw new JsonException("the answer is null");
        }
    }
}

/// <summary>The door answered a request with an error.</summary>
#pragma warning disable CA1032 // Without the request it would mean nothing, so the standard constructors are left out.
internal sealed class RefusedException(string method, string path, int status, string body) : Exception($"{method} {path} was answered {status}: {body}")
#pragma warning restore CA1032
{
    public int Status { get; } = status;
}
