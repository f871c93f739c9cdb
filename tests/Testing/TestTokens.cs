using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Pechat.Testing;

/// <summary>Plays Identity as far as access tokens go: a key, tokens signed with it, <c>/oauth2/jwks</c> and revocations over mutual TLS.</summary>
public sealed class TestTokens : IAsyncDisposable
{
    /// <summary>The issuer that test services are configured with.</summary>
    public const string Issuer = "https://pechat.test";

    /// <summary>The audience that test services are configured with.</summary>
    public const string Audience = "pechat";

    private readonly TimeProvider _clock;
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _revoked = [];
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };
    private ECDsaSecurityKey _key;
    private WebApplication _app = null!;

    private TestTokens(TimeProvider clock)
    {
        _clock = clock;
        _key = NewKey();
    }

    /// <summary>Base address of the keys' endpoint.</summary>
    public string Address { get; private set; } = "";

    /// <summary>How often the keys were asked for.</summary>
    public int Reads { get; private set; }

    /// <summary>Makes a new key; tokens of the old one are no longer known.</summary>
    public void Rotate() => _key = NewKey();

    /// <summary>Revokes what carries the id as its <c>jti</c>, <c>sid</c> or <c>device_id</c>; services know within a second.</summary>
    public void Revoke(Guid id) => _revoked[id] = _clock.GetUtcNow();

    /// <summary>A token for a customer.</summary>
    /// <param name="subject">Customer, or client for client credentials.</param>
    /// <param name="scope">Scopes, separated by spaces.</param>
    /// <param name="clientId">The OAuth client.</param>
    /// <param name="deviceId">The bound device, for device tokens.</param>
    /// <param name="lifetime">An hour unless given; negative for an expired one.</param>
    /// <param name="claims">Claims that replace those made from the other values; a null removes.</param>
    public string Issue(
        object subject, string scope, string clientId = "test-client", Guid? deviceId = null, TimeSpan? lifetime = null, IReadOnlyDictionary<string, object?>? claims = null)
    {
        DateTimeOffset now = _clock.GetUtcNow();
        var all = new Dictionary<string, object>
        {
            ["iss"] = Issuer, ["aud"] = Audience, ["sub"] = subject.ToString()!, ["client_id"] = clientId, ["scope"] = scope,
            ["iat"] = now.ToUnixTimeSeconds(), ["exp"] = (now + (lifetime ?? TimeSpan.FromHours(1))).ToUnixTimeSeconds(), ["jti"] = Guid.NewGuid().ToString(),
        };
        if (deviceId is not null)
            all["device_id"] = deviceId.Value.ToString();
        foreach (var (name, value) in claims ?? new Dictionary<string, object?>())
        {
            if (value is null)
                all.Remove(name);
            else
                all[name] = value;
        }
        return _handler.CreateToken(new SecurityTokenDescriptor { Claims = all, SigningCredentials = new(_key, SecurityAlgorithms.EcdsaSha256) });
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    internal static async Task<TestTokens> StartAsync(TestPki pki, TimeProvider clock)
    {
        var tokens = new TestTokens(clock);
        int port = FreePort.Take();
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port, listener => listener.UseHttps(https =>
        {
            https.ServerCertificate = pki.Issue("identity").Certificate;
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.ClientCertificateValidation = (certificate, _, _) => certificate.Issuer == pki.Authority.Subject;
        })));
        WebApplication app = builder.Build();
        app.Run(context => tokens.AnswerAsync(context));
        await app.StartAsync();
        tokens._app = app;
        tokens.Address = $"https://localhost:{port}";
        return tokens;
    }

    private Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/internal/token-revocations")
        {
            DateTimeOffset now = _clock.GetUtcNow();
            return context.Response.WriteAsJsonAsync(new { asOf = now, revoked = _revoked.Select(r => new { id = r.Key, until = r.Value.AddHours(1), revokedAt = r.Value }) });
        }
        if (context.Request.Path != "/oauth2/jwks")
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }
        Reads++;
        ECParameters key = _key.ECDsa.ExportParameters(false);
        return context.Response.WriteAsJsonAsync(new
        {
            keys = new[] { new { kty = "EC", crv = "P-256", alg = "ES256", use = "sig", kid = _key.KeyId, x = Base64UrlEncoder.Encode(key.Q.X), y = Base64UrlEncoder.Encode(key.Q.Y) } },
        });
    }

    private static ECDsaSecurityKey NewKey() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = Guid.NewGuid().ToString("N") };
}
