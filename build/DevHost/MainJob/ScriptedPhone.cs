using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pechat.DevHost.MainJob;

/// <summary>The demo customer's phone: the device key, the PIN, and everything that the authenticator app would do with them.</summary>
internal sealed class ScriptedPhone(Door door) : IDisposable
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly string _pin = InventPin();
    private readonly TimeProvider _clock = TimeProvider.System;
    private JsonNode? _samKey;
    private string? _token;
    private DateTimeOffset _tokenEnds;

    public string DeviceId { get; } = Guid.NewGuid().ToString("D");

    public string CustomerId { get; set; } = "";

    public JsonObject PublicKey => Jose.Jwk(_key.ExportParameters(false));

    private string Thumbprint => Jose.Thumbprint(_key.ExportParameters(false));

    private long Now => _clock.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>What binds this phone: the PIN, readable by the SAM only, and the proof that this key set it.</summary>
    public async Task<JsonObject> BindingAsync(string verificationId, CancellationToken ct)
    {
        string pin = Jose.Encrypt(await SamKeyAsync(ct), new JsonObject { ["pin"] = _pin, ["device"] = Thumbprint });
        return new JsonObject
        {
            ["deviceId"] = DeviceId,
            ["publicKey"] = PublicKey,
            ["name"] = "Scripted phone",
            ["platform"] = "script",
            ["verificationId"] = verificationId,
            ["pin"] = pin,
            ["proof"] = Sign(new() { ["aud"] = "pechat-sam", ["sub"] = CustomerId, ["device"] = DeviceId, ["iat"] = Now, ["pin_hash"] = Jose.Hash(pin) }),
        };
    }

    /// <summary>An access token of scope <c>device</c> (RFC 7523).</summary>
    public async Task<string> TokenAsync(CancellationToken ct)
    {
        if (_token is not null && _clock.GetUtcNow() < _tokenEnds)
            return _token;
        string assertion = Sign(new()
        {
            ["iss"] = DeviceId,
            ["sub"] = DeviceId,
            ["aud"] = new Uri(door.Layout.PublicBase, "/oauth2/token").AbsoluteUri,
            ["iat"] = Now,
            ["exp"] = Now + 60,
            ["jti"] = Guid.NewGuid().ToString("N"),
        });
        JsonNode answer = await door.PostFormAsync("/oauth2/token", new()
        {
            ["grant_type"] = "urn:ietf:params:oauth:grant-type:jwt-bearer",
            ["assertion"] = assertion,
            ["client_id"] = "authenticator",
        }, null, ct);
        _tokenEnds = _clock.GetUtcNow().AddSeconds((int)answer["expires_in"]! * 0.8);
        return _token = (string)answer["access_token"]!;
    }

    /// <summary>Decides a login that waits for the phone; confirms it by the number that its page shows.</summary>
    public async Task DecideLoginAsync(JsonNode login, bool confirm, CancellationToken ct)
    {
        string id = (string)login["id"]!, decision = confirm ? "confirm" : "decline";
        int? number = confirm && login["numbers"] is not null ? await LoginNumber.SeeAsync(door.Layout, Guid.Parse(id), ct) : null;
        var proof = new JsonObject { ["aud"] = "pechat-identity", ["iss"] = DeviceId, ["login"] = id, ["decision"] = decision, ["iat"] = Now };
        if (number is not null)
            proof["number"] = $"{number}";
        await door.PostAsync($"/identity/v1/logins/{id}/decision", new() { ["decision"] = decision, ["number"] = number, ["proof"] = Sign(proof) }, await TokenAsync(ct), ct);
    }

    /// <summary>Confirms the data that the certificate will carry, and the agreement.</summary>
    public async Task ConfirmDataAsync(JsonNode request, CancellationToken ct)
    {
        string id = (string)request["requestId"]!;
        string proof = Sign(new()
        {
            ["aud"] = "pechat-registration",
            ["iss"] = DeviceId,
            ["request"] = id,
            ["data"] = Jose.Hash(request["data"]!.ToJsonString(Plain)),
            ["agreement"] = (string?)request["agreement"]!["sha256"],
            ["iat"] = Now,
        });
        await door.PostAsync($"/registration/v1/requests/{id}/confirm", new() { ["proof"] = proof }, await TokenAsync(ct), ct);
    }

    /// <summary>Activates exactly what a signing request shows; refuses one whose text does not belong to its digests.</summary>
    public async Task ConfirmSigningAsync(JsonNode request, CancellationToken ct)
    {
        string displayed = Displayed(request);
        if (displayed != (string)request["displayed"]!)
            throw new CryptographicException("the signing request shows another text than it hashes");
        string challenge = (string)request["challenge"]!, transaction = (string)request["transactionId"]!;
        JsonArray documents = request["documents"]!.AsArray();
        string activation = Sign(new()
        {
            ["aud"] = "pechat-sam",
            ["iss"] = DeviceId,
            ["sub"] = CustomerId,
            ["transaction"] = transaction,
            ["credential"] = (string?)request["credentialId"],
            ["client"] = (string?)request["client"]!["id"],
            ["kind"] = (string?)request["kind"],
            ["hash_algorithm"] = (string?)documents[0]!["hashAlgorithm"],
            ["digests"] = new JsonArray([.. documents.Select(document => (JsonNode?)(string?)document!["digest"])]),
            ["count"] = documents.Count,
            ["challenge"] = challenge,
            ["displayed"] = displayed,
            ["iat"] = Now,
            ["exp"] = Now + 120,
            ["pin"] = Jose.Encrypt(await SamKeyAsync(ct), new JsonObject { ["pin"] = _pin, ["challenge"] = challenge }),
        });
        await door.PostAsync($"/signing/v1/requests/{transaction}/confirm", new() { ["activation"] = activation }, await TokenAsync(ct), ct);
    }

    public async Task DeclineSigningAsync(JsonNode request, CancellationToken ct) =>
        await door.PostAsync($"/signing/v1/requests/{(string)request["transactionId"]!}/decline", new() { ["reason"] = "declined by the script" }, await TokenAsync(ct), ct);

    public async Task<JsonArray> LoginsAsync(CancellationToken ct) => (await door.GetAsync("/identity/v1/logins", await TokenAsync(ct), ct)).AsArray();

    public async Task<JsonArray> RequestsAsync(CancellationToken ct) => (await door.GetAsync("/signing/v1/requests", await TokenAsync(ct), ct)).AsArray();

    public void Dispose() => _key.Dispose();

    /// <summary>The canonical text that the user sees, rebuilt from the parts and hashed.</summary>
    internal static string Displayed(JsonNode request) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(new JsonObject
    {
        ["transaction"] = (string?)request["transactionId"],
        ["client"] = (string?)request["client"]!["id"],
        ["description"] = (string?)request["description"],
        ["kind"] = (string?)request["kind"],
        ["hash_algorithm"] = (string?)request["documents"]![0]!["hashAlgorithm"],
        ["documents"] = new JsonArray([.. request["documents"]!.AsArray().Select(document => new JsonObject { ["name"] = (string?)document!["name"], ["digest"] = (string?)document["digest"] })]),
        ["credential"] = (string?)request["credentialId"],
    }.ToJsonString(Plain))));

    /// <summary>Five different digits, the first one twice: never a PIN that people try first.</summary>
    private static string InventPin()
    {
        char[] digits = "0123456789".ToCharArray();
        RandomNumberGenerator.Shuffle(digits.AsSpan());
        return new([digits[0], digits[1], digits[0], .. digits[2..5]]);
    }

    private async Task<JsonNode> SamKeyAsync(CancellationToken ct) =>
        _samKey ??= (await door.GetAsync("/identity/v1/sam-keys", null, ct))["keys"]!.AsArray()[0]!;

    private string Sign(JsonObject payload) => Jose.Sign(_key, DeviceId, payload);
}
