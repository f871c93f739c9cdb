using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Pechat.Hosting;

namespace Pechat.Identity.OAuth;

/// <summary>Client assertions, <c>private_key_jwt</c> (RFC 7523 §3, OpenID Connect Core §9): signed by a key of the client, for us, once.</summary>
internal sealed class ClientAssertions(OneTimeIds used, TokenOptions tokens, TimeProvider clock)
{
    internal const string Type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    /// <summary>What keys of clients may sign with (FAPI 2.0 §5.4).</summary>
    internal static readonly string[] Algorithms = [SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.RsaSsaPssSha256];

    private const int MaxLength = 8192;
    private static readonly TimeSpan MaxLifetime = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(60);
    private static readonly JsonWebTokenHandler Handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = MaxLength };

    /// <summary>Whom an assertion claims to be of, unproven; null when it is no JWT.</summary>
    internal static string? ClientOf(string assertion)
    {
        try
        {
            return assertion.Length <= MaxLength && new JsonWebToken(assertion).Subject is { Length: > 0 } subject ? subject : null;
        }
        catch (ArgumentException) // the one exception for a malformed token
        {
            return null;
        }
    }

    /// <summary>Whether the assertion proves to be of the client; proven once, it is used up.</summary>
    internal async Task<bool> IsGoodAsync(ClientOptions client, string assertion, string? type, CancellationToken ct)
    {
        if (type != Type || client.KeySet is not { } keys)
            return false;
        DateTimeOffset now = clock.GetUtcNow();
        TokenValidationResult result = await Handler.ValidateTokenAsync(assertion, new TokenValidationParameters
        {
            ValidIssuer = client.Id,
            ValidAudiences = Audiences,
            IssuerSigningKeys = keys.GetSigningKeys(),
            ValidAlgorithms = Algorithms,
            ValidateLifetime = false, // against our clock, below
        });
        if (!result.IsValid || result.SecurityToken is not JsonWebToken jwt || jwt.Subject != client.Id || jwt.Id is not { Length: > 0 and <= 128 } jti)
            return false;
        bool inTime = jwt.TryGetPayloadValue("exp", out long exp) && exp > now.ToUnixTimeSeconds() && exp <= (now + MaxLifetime).ToUnixTimeSeconds()
            && !IsAhead(jwt, "nbf", now) && !IsAhead(jwt, "iat", now);
        return inTime && await used.TryUseAsync(client.Id, jti, DateTimeOffset.FromUnixTimeSeconds(exp), ct);
    }

    private IEnumerable<string> Audiences => [tokens.Issuer, .. new[] { "/oauth2/token", "/oauth2/pushed_authorize" }.SelectMany(OAuthBases.Paths).Select(path => tokens.Issuer + path)];

    private static bool IsAhead(JsonWebToken jwt, string claim, DateTimeOffset now) =>
        jwt.TryGetPayloadValue(claim, out long time) && time > (now + Skew).ToUnixTimeSeconds();
}
