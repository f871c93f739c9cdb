using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace Pechat.Conformance.Tests;

/// <summary>
/// The server under test. Another server than our own is described by run parameters (<c>dotnet test -- TestRunParameters.Parameter(name="BaseUrl", value="…")</c>)
/// or by environment variables <c>PECHAT_CONFORMANCE_BASEURL</c> and so on; a test that needs a value that was not given is not run.
/// </summary>
/// <param name="http">Trusts the server; its base address is the service base URI, with a slash at the end.</param>
/// <param name="values">BaseUrl; Alice, Bob, OtherClient, Client (access tokens of scope service: two users, another client for Alice, client credentials);
/// AliceId, AliceName, AlicePassword; Ec, Rsa, Ec384, Disabled, ToDelete, Bobs (credential ids); ResponseUri; ClientId, ClientSecret, RedirectUri.</param>
internal sealed class Target(HttpClient http, IReadOnlyDictionary<string, string> values)
{
    internal static readonly string Sha256 = "2.16.840.1.101.3.4.2.1", Sha384 = "2.16.840.1.101.3.4.2.2", RsaSha256 = "1.2.840.113549.1.1.11", Rsa = "1.2.840.113549.1.1.1",
        RsaPss = "1.2.840.113549.1.1.10", EcdsaSha256 = "1.2.840.10045.4.3.2", EcdsaSha384 = "1.2.840.10045.4.3.3";

    internal HttpClient Http => http;

    /// <summary>Null when this run is against another server.</summary>
    internal IControls? Owned { get; init; }

    /// <summary>The controls, or the test is not run.</summary>
    internal IControls Controls
    {
        get
        {
            if (Owned is null)
                Assert.Ignore("only our own house can be asked for this");
            return Owned!;
        }
    }

    /// <summary>The value, or the test is not run.</summary>
    internal string this[string name]
    {
        get
        {
            if (!values.TryGetValue(name, out string? value))
                Assert.Ignore($"{name} was not given");
            return value!;
        }
    }

    internal bool Has(string name) => values.ContainsKey(name);

    /// <summary>Lets the signer <c>confirm</c>, <c>decline</c> or <c>ignore</c> from now on.</summary>
    /// <summary>Before a login that is not about the number of logins.</summary>
    internal Task ForgetLoginsAsync() => Owned?.ForgetLoginsAsync() ?? Task.CompletedTask;

    internal Task SignerWillAsync(string habit) => Controls.SignerWillAsync(habit);

    internal Task<Answer> V1(string method, object? body, string? token) => PostAsync($"csc/v1/{method}", body, token);

    internal Task<Answer> V2(string method, object? body, string? token) => PostAsync($"csc/v2/{method}", body, token);

    internal Task<Answer> PostAsync(string path, object? body, string? token) => SendAsync(HttpMethod.Post, path,
        body switch { null => null, string text => text, JsonNode node => node.ToJsonString(), _ => System.Text.Json.JsonSerializer.Serialize(body) },
        token is null ? null : $"Bearer {token}");

    internal async Task<Answer> SendAsync(HttpMethod method, string path, string? body, string? authorization, string? mediaType = "application/json")
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = mediaType is null ? null : MediaTypeHeaderValue.Parse(mediaType);
        }
        if (authorization is not null)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        return await SendAsync(request);
    }

    internal async Task<Answer> SendAsync(HttpRequestMessage request)
    {
        bool csc = !request.RequestUri!.IsAbsoluteUri; // sending makes it absolute
        using HttpResponseMessage response = await http.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        bool json = response.Content.Headers.ContentType?.MediaType is "application/json";
        var answer = new Answer((int)response.StatusCode, json && text.Length > 0 ? JsonNode.Parse(text) : null, response.Headers, response.Content.Headers, text);
        if (csc)
            Crawl.Judge(request.Method, answer);
        return answer;
    }

    /// <summary>An explicit credential that is confirmed out of band: authorize, then authorizeCheck until there is a SAD.</summary>
    internal async Task<string> SadAsync(string credential, string[] hashes, string? token = null, string hashOid = "2.16.840.1.101.3.4.2.1", string? hashType = null)
    {
        var body = new JsonObject { ["credentialID"] = credential, ["numSignatures"] = hashes.Length, ["hashes"] = Array(hashes), ["hashAlgorithmOID"] = hashOid };
        if (hashType is not null)
            body["hashType"] = hashType;
        Answer answer = await V2("credentials/authorize", body, token ?? this["Alice"]);
        for (int i = 0; answer.Status == 202 && i < 300; i++)
        {
            await Task.Delay(100);
            answer = await V2("credentials/authorizeCheck", new { handle = (string)answer["handle"]! }, token ?? this["Alice"]);
        }
        return (string)answer.IsOk()["SAD"]!;
    }

    /// <summary>Certificate of a credential.</summary>
    internal async Task<X509Certificate2> CertificateAsync(string credential, string? token = null) => X509CertificateLoader.LoadCertificate(Convert.FromBase64String(
        (string)(await V2("credentials/info", new { credentialID = credential }, token ?? this["Alice"])).IsOk()["cert"]["certificates"]![0]!));

    internal static JsonArray Array(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);

    /// <summary>Base64 of the SHA-256 of an ASCII text.</summary>
    internal static string H(string text) => Convert.ToBase64String(SHA256.HashData(Encoding.ASCII.GetBytes(text)));

    internal static JsonObject SignBody(string credential, string? sad, string signAlgo, params string[] hashes)
    {
        var body = new JsonObject { ["credentialID"] = credential, ["hashes"] = Array(hashes), ["signAlgo"] = signAlgo };
        if (sad is not null)
            body["SAD"] = sad;
        return body;
    }
}

/// <summary>What holds for every answer of the suite (statements 14 and 17).</summary>
internal static class Crawl
{
    internal static int Answers { get; private set; }

    internal static List<string> WithNull { get; } = [];

    internal static List<string> ErrorsWithoutText { get; } = [];

    internal static void Judge(HttpMethod method, Answer answer)
    {
        Answers++;
        if (answer.Body is not null && HasNull(answer.Body))
            WithNull.Add(answer.Text);
        bool described = answer.Body is JsonObject && answer.Error is { Length: > 0 } && answer.Description is { Length: > 0 };
        if (answer.Status >= 300 && method != HttpMethod.Head && !described)
            ErrorsWithoutText.Add($"{answer.Status} {answer.Text}");
    }

    private static bool HasNull(JsonNode node) => node switch
    {
        JsonObject parent => parent.Any(member => member.Value is null || HasNull(member.Value)),
        JsonArray array => array.Any(item => item is null || HasNull(item)),
        _ => false,
    };
}
