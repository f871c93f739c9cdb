using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Pechat.DevHost.Servers;

namespace Pechat.DevHost.MainJob;

/// <summary>OAuth for the relying party: a login in a browser, confirmed on the phone, ends in a token for that customer.</summary>
internal static class Login
{
    /// <summary>Pays for its customers; the client that outside tools use.</summary>
    public const string Bank = "demo-app";

    /// <summary>Lets its customers pay with their own units.</summary>
    public const string Insurer = "demo-partner";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Where the browser would go; registered with Identity.</summary>
    public static string RedirectUri(string client) => $"https://localhost/{client}/callback";

    /// <summary>A token of the relying party itself (RFC 6749 §4.4).</summary>
    public static async Task<string> AsClientAsync(Door door, string client, CancellationToken ct)
    {
        JsonNode token = await door.PostFormAsync("/oauth2/token", new()
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = client,
            ["client_secret"] = Secret.Get(door.Layout, client),
            ["scope"] = "service",
        }, null, ct);
        return (string)token["access_token"]!;
    }

    /// <summary>The authorization code flow with PKCE (RFC 6749 §4.1, RFC 7636); the redirect is caught instead of followed.</summary>
    public static async Task<string> AsCustomerAsync(Door door, string client, string email, CancellationToken ct)
    {
        string verifier = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)), state = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
        string code = await BrowseAsync(door, client, email, Jose.Hash(verifier), state, ct);
        JsonNode token = await door.PostFormAsync("/oauth2/token", new()
        {
            ["grant_type"] = "authorization_code",
            ["client_id"] = client,
            ["client_secret"] = Secret.Get(door.Layout, client),
            ["code"] = code,
            ["redirect_uri"] = RedirectUri(client),
            ["code_verifier"] = verifier,
        }, null, ct);
        return (string)token["access_token"]!;
    }

    private static async Task<string> BrowseAsync(Door door, string client, string email, string challenge, string state, CancellationToken ct)
    {
        string query = $"response_type=code&client_id={client}&redirect_uri={Uri.EscapeDataString(RedirectUri(client))}&scope=service&state={state}"
            + $"&code_challenge={challenge}&code_challenge_method=S256&lang=en";
        using var start = new HttpRequestMessage(HttpMethod.Post, $"/oauth2/authorize?{query}") { Content = new FormUrlEncodedContent([new("identifier", email)]) };
        using HttpResponseMessage waiting = await door.SendAsync(start, null, ct);
        string page = RedirectOf(waiting).OriginalString;
        string cookie = waiting.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        await Polling.UntilAsync(async () => await StateAsync(door, page, cookie, ct), seen => seen == "done", Patience, "the login was not confirmed on the phone", ct);
        using HttpResponseMessage ended = await BrowseAsync(door, page, cookie, ct);
        Dictionary<string, string> answer = RedirectOf(ended).Query.TrimStart('?').Split('&').Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => Uri.UnescapeDataString(pair[1]));
        if (answer.GetValueOrDefault("state") != state)
            throw new StepFailedException("the login came back with another state");
        return answer.GetValueOrDefault("code") ?? throw new StepFailedException($"the login ended with {answer.GetValueOrDefault("error")}");
    }

    private static async Task<string?> StateAsync(Door door, string page, string cookie, CancellationToken ct)
    {
        using HttpResponseMessage answer = await BrowseAsync(door, $"{page}/status", cookie, ct);
        return (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync(ct))!["state"];
    }

    private static async Task<HttpResponseMessage> BrowseAsync(Door door, string path, string cookie, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Cookie", cookie);
        return await door.SendAsync(request, null, ct);
    }

    private static Uri RedirectOf(HttpResponseMessage answer) =>
        answer.Headers.Location ?? throw new StepFailedException($"{answer.RequestMessage!.RequestUri!.AbsolutePath} was answered {(int)answer.StatusCode} instead of a redirect");
}
