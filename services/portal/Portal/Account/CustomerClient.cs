using System.Net.Http.Headers;
using System.Text.Json;

namespace Pechat.Portal.Account;

/// <summary>Asks the other services with the customer's own access token: the portal sees what the customer may see, and nothing else.</summary>
internal sealed class CustomerClient(IHttpClientFactory clients)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    internal sealed record Person(string GivenName, string Surname);
    internal sealed record Profile(Guid CustomerId, string State, string Email, string Phone, string Language, Person? Person);
    internal sealed record Entitlements(int Remaining, bool Unlimited);
    internal sealed record CertificateData(string? Status, string? SubjectDN, string? SerialNumber, string? ValidFrom, string? ValidTo);
    internal sealed record CredentialInfo(string CredentialID, string? Description, CertificateData? Cert);
    internal sealed record Credentials(IReadOnlyList<string>? CredentialIDs, IReadOnlyList<CredentialInfo>? CredentialInfos);
    internal sealed record ArchivedDocument(Guid Id, string Name, DateTimeOffset SignedAt);
    internal sealed record Archive(IReadOnlyList<ArchivedDocument> Items);

    internal sealed record Session(Guid Id, string Client, string Place, string Browser, DateTimeOffset StartedAt, bool ThisSession);

    internal Task<Profile> ProfileAsync(string token, CancellationToken ct) => GetAsync<Profile>("identity", "/identity/v1/me", token, ct);

    internal Task<Entitlements> EntitlementsAsync(string token, CancellationToken ct) =>
        GetAsync<Entitlements>("billing", "/billing/v1/entitlements", token, ct);

    internal Task<Archive> ArchiveAsync(string token, CancellationToken ct) => GetAsync<Archive>("documents", "/documents/v1/archive", token, ct);

    internal Task<List<Session>> SessionsAsync(string token, CancellationToken ct) => GetAsync<List<Session>>("identity", "/identity/v1/sessions", token, ct);

    /// <summary>Ends a session with all its tokens.</summary>
    /// <exception cref="HttpRequestException">Identity does not answer, or has no such session of this customer.</exception>
    internal async Task EndSessionAsync(Guid session, string token, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"/identity/v1/sessions/{session}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using HttpResponseMessage answer = await clients.CreateClient("identity").SendAsync(request, ct);
        answer.EnsureSuccessStatusCode();
    }

    internal Task<Credentials> CredentialsAsync(string token, CancellationToken ct) =>
        SendAsync<Credentials>("signing", new HttpRequestMessage(HttpMethod.Post, "/csc/v2/credentials/list")
        {
            Content = JsonContent.Create(new { credentialInfo = true, certificates = "single", certInfo = true }),
        }, token, ct);

    private Task<T> GetAsync<T>(string service, string path, string token, CancellationToken ct) =>
        SendAsync<T>(service, new HttpRequestMessage(HttpMethod.Get, path), token, ct);

    private async Task<T> SendAsync<T>(string service, HttpRequestMessage request, string token, CancellationToken ct)
    {
        using (request)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using HttpResponseMessage answer = await clients.CreateClient(service).SendAsync(request, ct);
            answer.EnsureSuccessStatusCode();
            return await answer.Content.ReadFromJsonAsync<T>(Json, ct) ?? throw new HttpRequestException($"{service} answered an empty body");
        }
    }
}
