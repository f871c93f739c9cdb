using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dapper;
using Npgsql;
using Pechat.Contracts;

namespace Pechat.Identity.OAuth;

/// <summary>
/// <c>account_token</c> (CSC API §6.8): a client says by a JWT under its secret which of its accounts must log in. HS256 under the SHA-256 of
/// the secret, which is what we keep of it.
/// </summary>
internal sealed class AccountTokens(NpgsqlDataSource db, OneTimeIds used, TimeProvider clock)
{
    internal static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(5);
    private const int MaxLength = 4096;
    private const int MaxText = 255;

    /// <summary>An account token that is in order.</summary>
    internal sealed record Claims(string Account, string Jti, DateTimeOffset IssuedAt);

    /// <summary>Reads a token; null unless it is this client's, under its secret, and fresh.</summary>
    internal static Claims? Read(string token, string clientId, byte[] secretKey, DateTimeOffset now)
    {
        string[] parts = token.Length <= MaxLength ? token.Split('.') : [];
        if (parts.Length != 3 || Decode(parts[0]) is not { } header || Decode(parts[1]) is not { } payload || !Base64Url.IsValid(parts[2])
            || Text(header, "alg") != "HS256" || header.TryGetProperty("crit", out _)
            || !CryptographicOperations.FixedTimeEquals(Base64Url.DecodeFromChars(parts[2]), HMACSHA256.HashData(secretKey, Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"))))
            return null;
        if (Text(payload, "azp") != clientId || Text(payload, "sub") is not { Length: <= MaxText } account || Text(payload, "jti") is not { Length: <= MaxText } jti
            || !payload.TryGetProperty("iat", out JsonElement iat) || iat.ValueKind != JsonValueKind.Number || !iat.TryGetInt64(out long seconds))
            return null;
        // Compared as numbers first: a liar's iat need not be a date.
        return Math.Abs((decimal)seconds - now.ToUnixTimeSeconds()) <= (decimal)MaxAge.TotalSeconds ? new(account, jti, DateTimeOffset.FromUnixTimeSeconds(seconds)) : null;
    }

    /// <summary>The customer who must log in; null when the request names no account.</summary>
    /// <exception cref="FaultException">access_denied: the token is not in order, was used, or its account is linked to nobody.</exception>
    internal async Task<Guid?> CustomerOfAsync(AuthorizationRequest request, CancellationToken ct)
    {
        if (request.AccountToken is not { } token)
            return null;
        Claims claims = ReadOrRefuse(request, token);
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        Guid? customer = await connection.QuerySingleOrDefaultAsync<Guid?>(new CommandDefinition("""
            select customer_id from client_account where client_id = @client and account_id = @account
              and not exists (select 1 from used_jti where issuer = @issuer and jti = @jti)
            """, new { client = request.Client.Id, account = claims.Account, issuer = Issuer(request), jti = claims.Jti }, cancellationToken: ct));
        return customer ?? throw Refused();
    }

    /// <summary>Uses the token up, when its login starts.</summary>
    /// <exception cref="FaultException">access_denied: another login was first.</exception>
    internal async Task UseAsync(AuthorizationRequest request, CancellationToken ct)
    {
        if (request.AccountToken is not { } token)
            return;
        Claims claims = ReadOrRefuse(request, token);
        if (!await used.TryUseAsync(Issuer(request), claims.Jti, claims.IssuedAt + MaxAge, ct))
            throw Refused();
    }

    private Claims ReadOrRefuse(AuthorizationRequest request, string token) =>
        (request.Client.SecretKey() is { } key ? Read(token, request.Client.Id, key, clock.GetUtcNow()) : null) ?? throw Refused();

    private static string Issuer(AuthorizationRequest request) => "account:" + request.Client.Id;

    private static FaultException Refused() => FaultException.Invalid("access_denied", "Invalid parameter account_token");

    private static JsonElement? Decode(string part)
    {
        try
        {
            return Base64Url.IsValid(part) && JsonDocument.Parse(Base64Url.DecodeFromChars(part), new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 8 }).RootElement
                is { ValueKind: JsonValueKind.Object } element ? element : null;
        }
        catch (JsonException)
        {
            return null; // no JWT at all: refused like every other
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
}
