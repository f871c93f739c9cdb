using System.Text.Json.Serialization;

namespace Pechat.Signing.Csc;

/// <summary>Calls the <c>response_uri</c> of a client.</summary>
internal interface IResponseNotifier
{
    /// <summary>Whether the client took the notice (any 2xx).</summary>
    Task<bool> NotifyAsync(Uri uri, string responseId, CancellationToken ct);
}

/// <summary>
/// Posts <c>{"responseID": …}</c>. Only addresses that were registered get here; redirects are not followed and the answer is not read, so that a
/// client cannot use us to reach or read what it could not reach itself.
/// </summary>
internal sealed class ResponseNotifier(IHttpClientFactory clients) : IResponseNotifier
{
    internal const string Client = "response-uri";

    internal sealed record Notice([property: JsonPropertyName("responseID")] string ResponseId);

    public async Task<bool> NotifyAsync(Uri uri, string responseId, CancellationToken ct)
    {
        using HttpClient client = clients.CreateClient(Client);
        using var request = new HttpRequestMessage(HttpMethod.Post, uri) { Content = JsonContent.Create(new Notice(responseId), CscJson.Default.Notice) };
        try
        {
            using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            return response.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !ct.IsCancellationRequested)
        {
            return false; // unreachable or silent: told later
        }
    }

    internal static void Add(IServiceCollection services)
    {
        services.AddHttpClient(Client, client => client.Timeout = TimeSpan.FromSeconds(10))
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
        services.AddSingleton<IResponseNotifier, ResponseNotifier>();
    }
}
