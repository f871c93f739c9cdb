using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Contracts;
using Pechat.Signing.Transactions;

namespace Pechat.Signing.Csc;

/// <summary>
/// CSC API v2 <c>credentials/authorizeCheck</c> (§5.7). The SAD is derived, so a client that lost the answer gets the same value again.
/// </summary>
internal static class CheckAuthorization
{
    private sealed record Row(Guid CustomerId, string State, DateTime ExpiresAt, DateTime? SadExpiresAt, int SadVersion);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/credentials/authorizeCheck", Handle);

    internal static async Task<IResult> Handle(
        HttpContext http, ClaimsPrincipal user, NpgsqlDataSource db, Sad sad, TimeProvider clock, CancellationToken ct)
    {
        using CscRequest request = await CscRequest.ReadAsync(http);
        request.CheckCommon();
        var invalid = CscRequest.InvalidParameter("handle");
        if (request.Member("handle") is not { ValueKind: System.Text.Json.JsonValueKind.String } value || !Guid.TryParseExact(value.GetString(), "D", out Guid id))
            throw invalid;
        Caller caller = Caller.Of(user);
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        Row? row = await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition("""
            select customer_id, state, expires_at, sad_expires_at, sad_version
            from signing_transaction
            where id = @id and client_id = @client and purpose = 'authorization'
            """, new { id, client = caller.ClientId }, cancellationToken: ct));
        DateTime now = clock.GetUtcNow().UtcDateTime;
        if (row is null || !caller.MaySee(row.CustomerId))
            throw invalid;
        return row.State switch
        {
            "pending" or "confirming" when row.ExpiresAt > now => CscResults.Pending(http, new HandleResponse(id.ToString("D")), CscJson.Default.Handle),
            "active" when row.SadExpiresAt > now => CscResults.Ok(
                AuthorizationResponse.Of(sad.Of(id, row.SadVersion), row.SadExpiresAt.Value, clock), CscJson.Default.Authorization),
            "rejected" => throw FaultException.Invalid("invalid_authentication_data", "The authentication data is invalid"),
            _ => throw invalid,
        };
    }
}
