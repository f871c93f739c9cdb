using System.ComponentModel.DataAnnotations;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Pechat.Contracts;

namespace Pechat.Hosting;

/// <summary>Section <c>Tokens</c>: which access tokens are accepted.</summary>
public sealed class TokenOptions
{
    /// <summary>The expected <c>iss</c>.</summary>
    [Required]
    public string Issuer { get; init; } = "";

    /// <summary>The expected <c>aud</c>.</summary>
    [Required]
    public string Audience { get; init; } = "pechat";

    /// <summary>How many validated tokens are remembered, at most.</summary>
    [Range(100, 1_000_000)]
    public int CachedTokens { get; init; } = 20_000;
}

/// <summary>Validates access tokens of Identity: JWTs signed with ES256. Thread-safe.</summary>
public sealed class AccessTokens
{
    private const int MaxLength = 8192;
    private static readonly string[] RevocableBy = ["jti", "sid"];
    private readonly TokenOptions _options;
    private readonly ITokenKeys _keys;
    private readonly TokenRevocations _revocations;
    private readonly TimeProvider _clock;
    private readonly BoundedCache<ValidToken> _cache;
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = MaxLength };

    internal AccessTokens(TokenOptions options, ITokenKeys keys, TokenRevocations revocations, TimeProvider clock)
    {
        _options = options;
        _keys = keys;
        _revocations = revocations;
        _clock = clock;
        _cache = new(options.CachedTokens);
    }

    /// <summary>The claims of a valid token.</summary>
    /// <param name="token">Compact JWS.</param>
    /// <param name="expiredCode">Fault code for a token that was valid once.</param>
    /// <param name="ct">Ends the wait for the keys.</param>
    /// <exception cref="FaultException">The token is refused, or the keys cannot be had.</exception>
    public async Task<ClaimsPrincipal> ValidateAsync(string token, string expiredCode, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(token);
        if (token.Length is 0 or > MaxLength)
            throw Refused();
        string hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token))); // the cache never holds a usable token
        if (!_cache.TryGet(hash, out ValidToken? valid))
        {
            valid = await JudgeAsync(token, ct);
            _cache.Add(hash, valid);
        }
        bool counts = _clock.GetUtcNow() < valid.ExpiresAt && !await _revocations.AnyAsync(valid.Ids, valid.User.DeviceId(), valid.IssuedAt, ct);
        return counts ? valid.User : throw FaultException.Unauthenticated(expiredCode, "The access token is expired or has been revoked");
    }

    private async Task<ValidToken> JudgeAsync(string token, CancellationToken ct)
    {
        string kid;
        try
        {
            kid = new JsonWebToken(token).Kid;
        }
        catch (ArgumentException) // the one exception for a malformed token
        {
            throw Refused();
        }
        SecurityKey key = await _keys.FindAsync(kid, ct) ?? throw Refused();
        TokenValidationResult result = await _handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = _options.Issuer,
            ValidAudience = _options.Audience,
            IssuerSigningKey = key,
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            ValidateLifetime = false, // judged at every use against our clock
            RequireExpirationTime = true,
        });
        if (!result.IsValid || result.SecurityToken is not JsonWebToken jwt || !jwt.TryGetPayloadValue("exp", out long exp))
            throw Refused();
        var user = new ClaimsPrincipal(new ClaimsIdentity(jwt.Claims, "Bearer", "sub", null));
        var ids = RevocableBy.Select(claim => Guid.TryParseExact(user.FindFirstValue(claim), "D", out Guid id) ? id : Guid.Empty).Where(id => id != Guid.Empty);
        long issuedAt = jwt.TryGetPayloadValue("iat", out long iat) ? iat : 0;
        return new(user, DateTimeOffset.FromUnixTimeSeconds(exp), [.. ids], DateTimeOffset.FromUnixTimeSeconds(issuedAt));
    }

    private static FaultException Refused() => FaultException.Unauthenticated("invalid_token", "The access token is not valid");

    private sealed record ValidToken(ClaimsPrincipal User, DateTimeOffset ExpiresAt, Guid[] Ids, DateTimeOffset IssuedAt);
}

/// <summary>Registers access-token validation.</summary>
public static class AccessTokenRegistration
{
    /// <summary>Accepts access tokens of Identity, whose keys are read from the peer <c>identity</c>.</summary>
    public static WebApplicationBuilder AddAccessTokens(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddPeerHttp("identity");
        return builder.AddAccessTokens<TokenKeys, PeerRevocations>();
    }

    /// <summary>Accepts access tokens whose keys and revocations come from the given types; for Identity, which need not ask itself.</summary>
    public static WebApplicationBuilder AddAccessTokens<TKeys, TRevocations>(this WebApplicationBuilder builder)
        where TKeys : class, ITokenKeys where TRevocations : class, IRevocationSource
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddValidatedOptions<TokenOptions>("Tokens");
        builder.Services.AddSingleton<ITokenKeys, TKeys>();
        builder.Services.AddSingleton<IRevocationSource, TRevocations>();
        builder.Services.AddSingleton(p => new TokenRevocations(
            p.GetRequiredService<IRevocationSource>(), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<TokenRevocations>>()));
        builder.Services.AddSingleton(p => new AccessTokens(p.GetRequiredService<TokenOptions>(), p.GetRequiredService<ITokenKeys>(),
            p.GetRequiredService<TokenRevocations>(), p.GetRequiredService<TimeProvider>()));
        return builder;
    }
}
