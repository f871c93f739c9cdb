using System.Security.Claims;
using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using Pechat.Contracts;
using Pechat.Hosting;
using Pechat.Signing.Transactions;

namespace Pechat.Signing.Requests;

/// <summary>The signer declines on the phone: nothing of the request can be signed any more, and nothing is charged.</summary>
internal static class DeclineRequest
{
    internal const int MaxReasonLength = 500;

    internal sealed record Request(string? Reason);
    internal sealed record Response(string State);

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/requests/{id:guid}/decline", Handle);

    internal static async Task<Ok<Response>> Handle(
        Guid id, Request? request, ClaimsPrincipal user, NpgsqlDataSource db, EndTransaction end, TransactionSignal signal, CancellationToken ct)
    {
        if (request?.Reason?.Length > MaxReasonLength)
            throw FaultException.Invalid("invalid_reason", $"the reason may have {MaxReasonLength} characters");
        Guid customer = user.CustomerId();
        await using NpgsqlConnection connection = await db.OpenConnectionAsync(ct);
        string state = await connection.QuerySingleOrDefaultAsync<string>(new CommandDefinition(
            "select state from signing_transaction where id = @id and customer_id = @customer", new { id, customer }, cancellationToken: ct))
            ?? throw FaultException.NotFound("unknown_request", "there is no such request");
        if (state != "rejected" && !await end.EndAsync(id, ["pending"], "rejected", ct))
            throw FaultException.Conflict("request_not_pending", "the request is no longer waiting for a decision");
        signal.Changed(id, startSigning: false);
        return TypedResults.Ok(new Response("rejected"));
    }
}
