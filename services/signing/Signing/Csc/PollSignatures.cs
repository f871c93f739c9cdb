using System.Security.Claims;
using Dapper;
using Npgsql;
using Pechat.Hosting;
using Pechat.Signing.Documents;

namespace Pechat.Signing.Csc;

/// <summary>CSC API v2 <c>signatures/signPolling</c> (§5.13): the result of an asynchronous signHash or signDoc.</summary>
internal static class PollSignatures
{
    private sealed record Row(Guid TransactionId, Guid CustomerId, byte[]? Response);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/signatures/signPolling", Handle).RequireAccess("service", CredentialToken.Scope);

    internal static async Task<IResult> Handle(
        HttpContext http, ClaimsPrincipal user, NpgsqlDataSource db, SignedFiles files, TimeProvider clock, CancellationToken ct)
    {
        using CscRequest request = await CscRequest.ReadAsync(http);
        string requestId = request.RequiredString("requestID");
        Caller caller = Caller.Of(user);
        Guid? customer = caller.SubjectOf(request);
        request.CheckCommon();
        Row? row = Guid.TryParseExact(requestId, "D", out Guid id) ? await FindAsync(db, id, caller.ClientId, clock, ct) : null;
        if (row is null || (customer ?? row.CustomerId) != row.CustomerId || (caller.Token is { } token && token.TransactionId != row.TransactionId))
            throw CscRequest.InvalidParameter("requestID");
        if (row.Response is not null)
            return Results.Bytes(row.Response, "application/json; charset=utf-8");
        if (await files.ResultAsync(row.TransactionId, ct) is { } result)
            return result;
        return CscResults.Pending(http, new CscError("accepted_request", "The request is still being processed"), CscJson.Default.Error);
    }

    private static async Task<Row?> FindAsync(NpgsqlDataSource db, Guid id, string client, TimeProvider clock, CancellationToken ct)
    {
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition("""
            select transaction_id, customer_id, response from polled_result
            where id = @id and client_id = @client and valid_until > @now
            """, new { id, client, now = clock.GetUtcNow().UtcDateTime }, cancellationToken: ct));
    }
}
