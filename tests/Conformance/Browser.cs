using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Pechat.Conformance.Tests;

/// <summary>
/// A browser at the authorisation server of our own house: it enters the user's name, waits for the phone and catches the redirect. Login pages are not
/// standardised, so this part of the suite runs against our own house only.
/// </summary>
internal sealed class Browser(Target server, string oauth2)
{
    /// <summary>PKCE verifier of the requests that this browser makes.</summary>
    internal string Verifier { get; } = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>Content security policy of that page.</summary>
    internal string LastPolicy { get; private set; } = "";

    /// <summary>What the user saw last before the flow came back.</summary>
    internal string LastPage { get; private set; } = "";

    internal string State { get; } = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));

    internal string Challenge => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));

    /// <summary>Parameters of an authorisation request; a null takes one away.</summary>
    internal Dictionary<string, string> Parameters(params (string Name, string? Value)[] changes)
    {
        var all = new Dictionary<string, string>
        {
            ["response_type"] = "code",
            ["client_id"] = server["ClientId"],
            ["redirect_uri"] = server["RedirectUri"],
            ["scope"] = "service",
            ["state"] = State,
            ["code_challenge"] = Challenge,
            ["code_challenge_method"] = "S256",
            ["lang"] = "en",
        };
        foreach ((string name, string? value) in changes)
        {
            if (value is null)
                all.Remove(name);
            else
                all[name] = value;
        }
        return all;
    }

    /// <summary>Opens the page; what comes back before anybody has logged in.</summary>
    internal async Task<(int Status, Uri? Location, string? Cookie, string Text)> OpenAsync(Dictionary<string, string> parameters, string? user)
    {
        string query = string.Join('&', parameters.Select(each => $"{each.Key}={Uri.EscapeDataString(each.Value)}"));
        using var request = new HttpRequestMessage(user is null ? HttpMethod.Get : HttpMethod.Post, $"{oauth2}/oauth2/authorize?{query}");
        if (user is not null)
            await server.ForgetLoginsAsync();
        if (user is not null)
            request.Content = new FormUrlEncodedContent([new("identifier", user)]);
        return await SendAsync(request);
    }

    /// <summary>Logs in and waits for the end of the flow: the parameters with which the client is called back.</summary>
    internal async Task<Dictionary<string, string>> AuthorizeAsync(Dictionary<string, string> parameters, string? user = null)
    {
        (int status, Uri? location, string? cookie, string text) = await OpenAsync(parameters, user ?? server["AliceName"]);
        if (IsCallback(location))
            return Query(location!);
        Assert.That(location, Is.Not.Null, $"{status} {text}");
        string page = location!.OriginalString;
        for (int i = 0; i < 300; i++) // login, then consent, each shown until the phone has decided
        {
            (status, Uri? back, _, text) = await GetAsync(page, cookie);
            if (IsCallback(back))
                return Query(back!);
            if (status is not 200)
                break;
            LastPage = text;
            await Task.Delay(200);
        }
        throw new AssertionException($"the flow did not come back: {status} {text}");
    }

    /// <summary>A code, exchanged.</summary>
    internal async Task<Answer> TokenAsync(Dictionary<string, string> parameters, params (string Name, string? Value)[] changes)
    {
        Dictionary<string, string> answer = await AuthorizeAsync(parameters);
        Assert.That(answer, Does.ContainKey("code").And.ContainKey("state").WithValue(State), string.Join(' ', answer));
        return await ExchangeAsync(answer["code"], changes);
    }

    internal Task<Answer> ExchangeAsync(string code, params (string Name, string? Value)[] changes) => PostAsync("token", [("grant_type", "authorization_code"), ("code", code),
        ("redirect_uri", server["RedirectUri"]), ("code_verifier", Verifier), .. changes]);

    /// <summary>Parameters of scope credential as plain parameters: digests in base64url, separated by commas.</summary>
    internal Dictionary<string, string> CredentialParameters(string credential, string[] hashes, params (string Name, string? Value)[] changes) => Parameters([
        ("scope", "credential"), ("credentialID", credential), ("numSignatures", hashes.Length.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        ("hashes", string.Join(',', hashes.Select(hash => hash.TrimEnd('=').Replace('+', '-').Replace('/', '_')))), ("hashAlgorithmOID", Target.Sha256), .. changes]);

    /// <summary>Pushes a request (RFC 9126).</summary>
    internal Task<Answer> PushAsync(Dictionary<string, string> parameters, params (string Name, string? Value)[] changes) =>
        PostAsync("pushed_authorize", [.. parameters.Select(each => (each.Key, (string?)each.Value)), .. changes]);

    /// <summary>A form to the authorisation server, with client id and secret in it unless changed.</summary>
    internal Task<Answer> PostAsync(string endpoint, (string Name, string? Value)[] parameters, string? authorization = null)
    {
        var form = new Dictionary<string, string> { ["client_id"] = server["ClientId"], ["client_secret"] = server["ClientSecret"] };
        foreach ((string name, string? value) in parameters)
        {
            if (value is null)
                form.Remove(name);
            else
                form[name] = value;
        }
        var request = new HttpRequestMessage(HttpMethod.Post, $"{oauth2}/oauth2/{endpoint}") { Content = new FormUrlEncodedContent(form) };
        if (authorization is not null)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        return server.SendAsync(request);
    }

    private bool IsCallback(Uri? location) => location is { IsAbsoluteUri: true } && location.OriginalString.StartsWith(server["RedirectUri"], StringComparison.Ordinal);

    private static Dictionary<string, string> Query(Uri callback) => callback.Query.TrimStart('?').Split('&').Select(pair => pair.Split('=', 2))
        .ToDictionary(pair => pair[0], pair => Uri.UnescapeDataString(pair[1]));

    private Task<(int Status, Uri? Location, string? Cookie, string Text)> GetAsync(string path, string? cookie)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (cookie is not null)
            request.Headers.Add("Cookie", cookie);
        return SendAsync(request);
    }

    private async Task<(int Status, Uri? Location, string? Cookie, string Text)> SendAsync(HttpRequestMessage request)
    {
        using HttpResponseMessage response = await server.Http.SendAsync(request);
        LastPolicy = response.Headers.TryGetValues("Content-Security-Policy", out IEnumerable<string>? policies) ? policies.First() : LastPolicy;
        string? cookie = response.Headers.TryGetValues("Set-Cookie", out IEnumerable<string>? cookies) ? cookies.First().Split(';')[0] : null;
        return ((int)response.StatusCode, response.Headers.Location, cookie, await response.Content.ReadAsStringAsync());
    }
}
