using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dapper;
using Npgsql;
using Pechat.Contracts;

namespace Pechat.Identity.Verification;

/// <summary>
/// The provider says that something has changed in a session. It is only a hint to ask now instead of later: nothing in it is believed, so a
/// forged one costs a question. Signed all the same: header <c>Pechat-Signature: t=SECONDS,v1=HEX</c>, HMAC-SHA-256 over <c>SECONDS.BODY</c>.
/// </summary>
internal static class ProviderCallback
{
    internal const string Header = "Pechat-Signature";
    private const int MaxBody = 4096;
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/provider/callback", Handle);

    internal static async Task<IResult> Handle(HttpContext context, NpgsqlDataSource db, IdentityOptions options, TimeProvider clock, CancellationToken ct)
    {
        if (options.Provider is null)
            throw FaultException.NotFound("unknown_route", "no provider is configured");
        string body = await ReadAsync(context.Request, ct);
        byte[] secret = Encoding.UTF8.GetBytes((await File.ReadAllTextAsync(options.Provider.CallbackSecretFile, ct)).Trim());
        if (!IsSigned(context.Request.Headers[Header].ToString(), body, secret, clock.GetUtcNow()))
            throw FaultException.Unauthenticated("invalid_signature", $"{Header} does not fit");
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition(
            "update verification set next_check_at = @now where id = @id and state in ('Started', 'Submitted') and next_check_at > @now",
            new { id = ReadId(body), now = clock.GetUtcNow() }, cancellationToken: ct));
        return Results.NoContent();
    }

    /// <summary>The header of a body, as a provider makes it.</summary>
    internal static string Sign(string body, byte[] secret, long seconds) =>
        string.Create(CultureInfo.InvariantCulture, $"t={seconds},v1={Convert.ToHexStringLower(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"{seconds}.{body}")))}");

    private static bool IsSigned(string header, string body, byte[] secret, DateTimeOffset now) =>
        header.StartsWith("t=", StringComparison.Ordinal) && header.IndexOf(',', StringComparison.Ordinal) is > 2 and < 16 and var comma
        && long.TryParse(header.AsSpan(2, comma - 2), NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) && seconds < 253_402_300_800
        && (now - DateTimeOffset.FromUnixTimeSeconds(seconds)).Duration() <= Tolerance
        && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(header), Encoding.ASCII.GetBytes(Sign(body, secret, seconds)));

    private static async Task<string> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        if (request.ContentLength is null or > MaxBody)
            throw FaultException.Invalid("invalid_request", $"the body has at most {MaxBody} bytes and says its length");
        using var reader = new StreamReader(request.Body, Encoding.UTF8);
        return await reader.ReadToEndAsync(ct);
    }

    private static Guid ReadId(string body)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("id", out JsonElement id) && id.TryGetGuid(out Guid session)
                ? session : throw FaultException.Invalid("invalid_request", "id must be the session");
        }
        catch (JsonException)
        {
            throw FaultException.Invalid("invalid_request", "the body must be JSON");
        }
    }
}
