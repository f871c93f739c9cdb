using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Pechat.Hosting.Jose;
using Pechat.Testing;

namespace Pechat.Identity.Tests;

/// <summary>A customer with a phone, over the public interface.</summary>
internal sealed class Phone(IdentityFixture identity, string email, string number) : IDisposable
{
    public ECDsa Key { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    public Guid DeviceId { get; } = Guid.NewGuid();
    public Guid CustomerId { get; private set; }
    public Guid VerificationId { get; private set; }
    public string EnrolmentToken { get; private set; } = "";
    public string DeviceToken { get; private set; } = "";
    public string Pin { get; set; } = "sealed.pin";
    public JsonElement Jwk => JsonSerializer.SerializeToElement(JsonDocument.Parse(EcPublicKey.From(Key).Json).RootElement);

    public async Task RegisterAsync()
    {
        JsonElement started = await Json(await identity.PostAsync("/identity/v1/registrations", new { email, phone = number, language = "en" }));
        JsonElement confirmed = await Json(await identity.PostAsync(
            $"/identity/v1/registrations/{started.GetProperty("registrationId").GetString()}/confirm",
            new { emailCode = identity.Codes[email], phoneCode = identity.Codes[number] }));
        CustomerId = confirmed.GetProperty("customerId").GetGuid();
        EnrolmentToken = confirmed.GetProperty("accessToken").GetString()!;
    }

    /// <summary>Accepts the general terms in force.</summary>
    public async Task<HttpResponseMessage> AcceptTermsAsync(string? sha256 = null)
    {
        JsonElement terms = await Json(await identity.GetAsync("/identity/v1/terms?language=en"));
        return await identity.PostAsync("/identity/v1/me/terms",
            new { version = terms.GetProperty("version").GetString(), sha256 = sha256 ?? terms.GetProperty("sha256").GetString() }, EnrolmentToken);
    }

    /// <summary>What this phone signs to do something to the profile.</summary>
    public string Proof(string act, object? members = null, ECDsa? key = null)
    {
        var payload = JsonSerializer.SerializeToNode(members ?? new { })!.AsObject();
        payload["aud"] = "pechat-identity";
        payload["iss"] = DeviceId.ToString();
        payload["act"] = act;
        payload["iat"] = identity.Now;
        return CompactJws.Sign(payload, key ?? Key);
    }

    /// <summary>Posts with the device's token.</summary>
    public Task<HttpResponseMessage> PostAsync(string path, object body) => identity.PostAsync("/identity/v1" + path, body, DeviceToken);

    /// <summary>Gets with the device's token.</summary>
    public Task<HttpResponseMessage> GetAsync(string path) => identity.GetAsync("/identity/v1" + path, DeviceToken);

    /// <summary>Another phone with the same contacts.</summary>
    public Phone Replacement() => new(identity, email, number);

    /// <summary>Goes on with the confirmed contacts of another phone.</summary>
    public void Continue(Phone other) => (CustomerId, EnrolmentToken) = (other.CustomerId, other.EnrolmentToken);

    public string Email => email;

    public string Number => number;

    public Task<HttpResponseMessage> AskForVerificationAsync(string nationalId = "8503124420", string document = "AA1234567", string born = "1985-03-12", string country = "BG",
        string? expires = null, string? token = null, string surname = "Петров") => identity.PostAsync("/identity/v1/verifications", new
        {
            documentNumber = document, nationalId, country, givenName = "Иван", surname, dateOfBirth = born, deviceKey = Jwk, documentExpiresOn = expires,
        }, token ?? EnrolmentToken);

    public async Task SubmitAsync(string nationalId, string document, string born = "1985-03-12") =>
        VerificationId = (await Json(await AskForVerificationAsync(nationalId, document, born))).GetProperty("verificationId").GetGuid();

    public async Task<string> VerifyAsync(string nationalId = "8503124420", string document = "AA1234567", string born = "1985-03-12")
    {
        await SubmitAsync(nationalId, document, born);
        string state = "pending";
        await Eventually.HoldsAsync(
            async () => (state = (await VerificationAsync()).GetProperty("state").GetString()!) != "pending", "the verification is decided");
        return state;
    }

    /// <summary>Has the person identified again by the bound phone.</summary>
    public async Task<string> VerifyAgainAsync(string nationalId, string document, string surname)
    {
        JsonElement asked = await Json(await AskForVerificationAsync(nationalId, document, token: DeviceToken, surname: surname));
        VerificationId = asked.GetProperty("verificationId").GetGuid();
        string state = "pending";
        await Eventually.HoldsAsync(async () => (state = (await Json(await GetAsync($"/verifications/{VerificationId}"))).GetProperty("state").GetString()!) != "pending", "it is decided");
        return state;
    }

    public async Task<JsonElement> VerificationAsync() => await Json(await identity.GetAsync($"/identity/v1/verifications/{VerificationId}", EnrolmentToken));

    public Task<HttpResponseMessage> BindAsync(string? pinHash = null, ECDsa? key = null, bool endorsed = false, Guid[]? replaces = null) => identity.PostAsync("/identity/v1/devices", new
    {
        deviceId = DeviceId, publicKey = Jwk, name = "My phone", platform = "web", verificationId = endorsed ? (Guid?)null : VerificationId, pin = Pin, replaces,
        proof = CompactJws.Sign(new
        {
            aud = "pechat-sam", sub = CustomerId, device = DeviceId, iat = identity.Now, pin_hash = pinHash ?? Hash(Pin),
        }, key ?? Key),
    }, EnrolmentToken);

    /// <summary>Asks the customer's other phones to endorse this one.</summary>
    public Task<HttpResponseMessage> AskForEndorsementAsync() =>
        identity.PostAsync("/identity/v1/devices/requests", new { deviceId = DeviceId, publicKey = Jwk, name = "New phone", platform = "web" }, EnrolmentToken);

    /// <summary>Endorses another phone.</summary>
    public Task<HttpResponseMessage> EndorseAsync(Phone other, string? jkt = null, ECDsa? key = null) => PostAsync($"/devices/requests/{other.DeviceId}/endorsement", new
    {
        endorsement = CompactJws.Sign(new
        {
            aud = "pechat-sam", iss = DeviceId, sub = CustomerId, cnf = new { jkt = jkt ?? EcPublicKey.From(other.Key).Thumbprint },
            iat = identity.Now, exp = identity.Now + 900, jti = Guid.NewGuid().ToString(),
        }, key ?? Key, DeviceId.ToString()),
    });

    /// <summary>Sets a PIN, with the present one or with the verification, with the device's token or the enrolment token.</summary>
    public Task<HttpResponseMessage> SetPinAsync(string? currentPin, bool verified = false, string? audience = null, string? token = null) => identity.PostAsync($"/identity/v1/devices/{DeviceId}/pin", new
    {
        pin = Pin, currentPin, verificationId = verified ? VerificationId : (Guid?)null,
        proof = CompactJws.Sign(new { aud = audience ?? "pechat-sam-pin", sub = CustomerId, device = DeviceId, iat = identity.Now, pin_hash = Hash(Pin) }, Key),
    }, token ?? DeviceToken);

    public Task<HttpResponseMessage> AskForTokenAsync(string? assertion = null) => identity.FormAsync("/oauth2/token", new()
    {
        ["grant_type"] = "urn:ietf:params:oauth:grant-type:jwt-bearer", ["client_id"] = "authenticator", ["assertion"] = assertion ?? Assertion(),
    });

    public string Assertion(string? audience = null, long? expires = null, string? jti = null, ECDsa? key = null) => CompactJws.Sign(new
    {
        iss = DeviceId, sub = DeviceId, aud = audience ?? TestTokens.Issuer + "/oauth2/token", iat = identity.Now,
        exp = expires ?? identity.Now + 60, jti = jti ?? Guid.NewGuid().ToString(),
    }, key ?? Key, DeviceId.ToString());

    public async Task LogInAsync() => DeviceToken = (await Json(await AskForTokenAsync())).GetProperty("access_token").GetString()!;

    public async Task<Phone> EnrolAsync(string nationalId = "8503124420", string born = "1985-03-12")
    {
        await RegisterAsync();
        Assert.That(await VerifyAsync(nationalId, born: born), Is.EqualTo("positive"));
        Assert.That((await AcceptTermsAsync()).IsSuccessStatusCode, Is.True);
        await Json(await BindAsync());
        await LogInAsync();
        return this;
    }

    /// <summary>Decides a login; to confirm, the owner picks the number that the login page shows, or another one.</summary>
    public async Task<HttpResponseMessage> DecideAsync(Guid login, string decision, string? signedDecision = null, ECDsa? key = null, short? pick = null, short? signedPick = null, bool withNumber = true)
    {
        short? number = decision == "confirm" && withNumber ? pick ?? await identity.NumberAsync(login) : null;
        var proof = new Dictionary<string, object> { ["aud"] = "pechat-identity", ["iss"] = DeviceId, ["login"] = login, ["decision"] = signedDecision ?? decision, ["iat"] = identity.Now };
        if ((signedPick ?? number) is { } signed)
            proof["number"] = $"{signed}";
        return await identity.PostAsync($"/identity/v1/logins/{login}/decision", new { decision, number, proof = CompactJws.Sign(proof, key ?? Key) }, DeviceToken);
    }

    public async Task<JsonElement[]> LoginsAsync() => [.. (await Json(await identity.GetAsync("/identity/v1/logins", DeviceToken))).EnumerateArray()];

    public static async Task<JsonElement> Json(HttpResponseMessage answer)
    {
        string body = await answer.Content.ReadAsStringAsync();
        Assert.That(answer.IsSuccessStatusCode, Is.True, $"{(int)answer.StatusCode} {body}");
        return JsonDocument.Parse(body).RootElement;
    }

    public void Dispose() => Key.Dispose();

    private static string Hash(string text) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(text)));
}
